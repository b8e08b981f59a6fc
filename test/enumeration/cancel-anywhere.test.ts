import { beforeAll, describe, expect, test } from "vitest";
import { describePoint } from "../world/calm-run.ts";
import { type CalmFailover, calmFailover, outcomeOf, writingGroup } from "../world/failover-run.ts";
import { finalState } from "../world/final-state.ts";
import { cancelAt } from "../world/interrupted-run.ts";
import { struckPoints } from "../world/struck-points.ts";

/** What is left of a world when runtime rows of the cancelled operation are taken away. */
function withoutHistory(state: unknown): unknown {
  const { databases, ...world } = state as { databases: Record<string, unknown>[] };
  return {
    ...world,
    databases: databases.map(({ operations: _operations, steps: _steps, ledger: _ledger, ...rest }) => rest),
  };
}

/** Markers and the epoch of the group rise with every change of the primary role; all else must be as before. */
function withoutEpochs(state: unknown): unknown {
  const text = JSON.stringify(state)
    .replace(/-e\d+-idle/g, "-e<n>-idle")
    .replace(/"epoch":\d+/g, '"epoch":0');
  return JSON.parse(text);
}

describe("cancelling a planned failover", () => {
  let calm: CalmFailover;
  let before: unknown;
  let noReturn: number;

  beforeAll(async () => {
    calm = await calmFailover();
    noReturn = calm.run.commits.findIndex((labels) => labels.includes("is_past_no_return"));
    const { sites, group } = await writingGroup();
    before = withoutEpochs(withoutHistory(await finalState(sites, group)));
    sites.stop();
  });

  test("takes everything back at any journal write before the point of no return", { timeout: 600_000 }, async () => {
    for (const point of struckPoints(calm.run, { where: ({ commit }) => commit < noReturn })) {
      const writing = await writingGroup();
      const { sites, group } = writing;
      const cancelled = await cancelAt(writing, point);
      const { status, state, problems } = await outcomeOf(writing, cancelled.status);
      const label = `cancelled ${describePoint(point, calm.run)}`;
      expect({ label, status, problems }).toEqual({ label, status: "cancelled", problems: [] });
      expect({ label, state: withoutEpochs(withoutHistory(state)) }).toEqual({ label, state: before });
      for (const { server } of group.servers) expect(sites.world.cloud("site-a").guest(server.id).isRunning).toBe(true);
    }
  });

  test("stops at the next boundary after it, and resume brings it to its end", { timeout: 600_000 }, async () => {
    for (const point of struckPoints(calm.run, {
      where: ({ commit }) => commit > noReturn && commit < calm.run.commits.length - 1,
    })) {
      const writing = await writingGroup();
      const { sites } = writing;
      const { operationId, engine, status: paused } = await cancelAt(writing, point);
      const label = `cancelled ${describePoint(point, calm.run)}`;
      expect({ label, paused: paused === "paused" || paused === "completed" }).toEqual({ label, paused: true });
      if (paused === "paused") await sites.ask(sites.b, operationId, { verb: "resume" });
      const status = await sites.settle(sites.b, operationId, engine, 3_600_000);
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  });
});
