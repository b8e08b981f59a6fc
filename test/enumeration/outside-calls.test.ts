import type { Fault } from "@protector/simulator";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type CalmFailover,
  calmFailover,
  orderFailover,
  outcomeOf,
  type WritingGroup,
  writingGroup,
} from "../world/failover-run.ts";
import { cutOffAtCall } from "../world/interrupted-run.ts";
import { kindOfCall, struckCalls } from "../world/struck-points.ts";

describe("every outside call of a planned failover", () => {
  let calm: CalmFailover;

  beforeAll(async () => {
    calm = await calmFailover();
  });

  /** Strikes each call in turn once and compares how the failover ends. */
  async function strikeEach(fault: Fault): Promise<void> {
    for (const [index, call] of struckCalls(calm.run, { every: 2 })) {
      const writing = await writingGroup();
      const { sites } = writing;
      const operationId = await orderFailover(writing);
      sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
      const status = await sites.settle(sites.b, operationId, sites.engine(sites.b), 3_600_000);
      const label = `${fault.kind} at call ${index}: ${kindOfCall(call)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  }

  test("may fail once", { timeout: 600_000 }, async () => {
    await strikeEach({ kind: "refuse", status: 503, body: "busy" });
  });

  test("may take effect and lose its answer", { timeout: 600_000 }, async () => {
    await strikeEach({ kind: "lost_answer" });
  });

  test("may take effect after its engine has died and another has taken over", { timeout: 600_000 }, async () => {
    for (const [index, call] of struckCalls(calm.run, { where: ({ method }) => method !== "GET" })) {
      const writing = await writingGroup();
      const { sites } = writing;
      sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault: { kind: "late", delayMs: 50_000 } });
      const { operationId } = await cutOffAtCall(writing, index, (lifeline) => lifeline.kill());
      const second = sites.engine(sites.b, { host: "site-b-engine-2" });
      const status = await sites.settle(sites.b, operationId, second, 3_600_000);
      const label = `late effect of call ${index}: ${kindOfCall(call)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  });

  test("may come late from an engine that was paused", { timeout: 600_000 }, async () => {
    for (const [index, call] of struckCalls(calm.run, { every: 2 })) {
      const writing = await writingGroup();
      const { sites } = writing;
      const { operationId, first, lifeline } = await cutOffAtCall(writing, index, (line) => {
        line.pause();
        return line.gate();
      });
      const second = sites.engine(sites.b, { host: "site-b-engine-2" });
      const status = await sites.settle(sites.b, operationId, second, 3_600_000);
      lifeline.wake();
      await sites.clock.run(first.idle());
      const label = `late call ${index}: ${kindOfCall(call)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  });

  /** Strikes each kind of call until a person has looked: the failover stops where a verb helps, and then ends as ever. */
  async function strikeForEver(status: number): Promise<void> {
    const kinds = new Map(calm.run.calls.map((call) => [kindOfCall(call), call]));
    for (const [kind, call] of kinds) {
      const writing = await writingGroup();
      const { sites } = writing;
      const operationId = await orderFailover(writing);
      const clear = sites.world.conditions.inject({
        service: call.service,
        method: call.method,
        path: new RegExp(`^${escaped(call.path)}$`),
        fault: { kind: "refuse", status, body: { error: { message: "struck" } } },
      });
      const engine = sites.engine(sites.b);
      const struck = await sites.settle(sites.b, operationId, engine, 1_200_000);
      const label = `${status} for ever: ${kind}`;
      expect({ label, hasVerb: ["waiting", "failed", "completed", "completed_with_errors"].includes(struck) }).toEqual({
        label,
        hasVerb: true,
      });
      clear();
      const verb = struck === "completed_with_errors" ? "retry" : "resume";
      if (struck === "failed" || struck === "completed_with_errors") {
        if (await hasSteps(writing, operationId)) await sites.ask(sites.b, operationId, { verb });
        else continue;
      }
      const ended = await sites.settle(sites.b, operationId, engine, 3_600_000);
      const outcome = await outcomeOf(writing, ended);
      expect({ label, status: ended, lost: outcome.lost, problems: outcome.problems }).toEqual({
        label,
        status: "completed",
        lost: [],
        problems: [],
      });
    }
  }

  test("may fail for ever and be cured: server errors", { timeout: 600_000 }, () => strikeForEver(500));

  test("may be forbidden and then be allowed", { timeout: 600_000 }, () => strikeForEver(403));
});

function escaped(path: string): string {
  return path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Whether the failover had begun: one that was refused before it began is simply ordered again. */
async function hasSteps({ sites }: WritingGroup, operationId: string): Promise<boolean> {
  const step = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .select("step_key")
    .where("operation_id", "=", operationId)
    .executeTakeFirst();
  return step !== undefined;
}
