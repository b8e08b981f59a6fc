import type { Fault } from "@protector/simulator";
import { beforeAll, describe, expect, test } from "vitest";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import {
  awayGroup,
  followWrites,
  goAway,
  homeOutcome,
  orderFailback,
  orderReprotect,
  type Written,
} from "../world/failback-run.ts";
import { type Outcome, type WritingGroup, writingGroup } from "../world/failover-run.ts";
import { cancelAt, cutOffAt, type Task } from "../world/interrupted-run.ts";
import type { JournalPoint } from "../world/killable.ts";
import { letRest } from "../world/late-effects.ts";
import { struckCalls, struckPoints } from "../world/struck-points.ts";
import { endWorld, stateNow } from "../world/test-run.ts";

/** One server with two disks: every point of a longer plan is one of its kind. */
const SERVERS = 1;
const LONGEST_MS = 3_600_000;

interface Way extends Task {
  readonly name: string;
  /** A world that has gone away and protects itself back costs a second to set up. */
  readonly every: number;
  prepare(): Promise<WritingGroup>;
}

const WAYS: readonly Way[] = [
  {
    name: "reprotection",
    every: 2,
    site: "b",
    order: orderReprotect,
    prepare: async () => {
      const writing = await writingGroup(SERVERS);
      await goAway(writing);
      return writing;
    },
  },
  { name: "failback", every: 6, site: "a", order: orderFailback, prepare: () => awayGroup(SERVERS) },
];

/**
 * Markers rise with every change of the primary role, and an array keeps the record of a group that was sent to it, with the
 * members that it has last heard of; all else must be as before.
 */
function withoutTraces(state: unknown): unknown {
  const { arrays, ...rest } = state as { arrays: { groups: { name: string }[] }[] };
  const own = arrays.map((array) => ({
    ...array,
    groups: array.groups.filter(({ name }) => !/^array-[ab]:protector-/.test(name)),
  }));
  const text = JSON.stringify({ ...rest, arrays: own })
    .replace(/-e\d+-idle/g, "-e<n>-idle")
    .replace(/"epoch":\d+/g, '"epoch":0');
  return JSON.parse(text);
}

async function outcomeOf(way: Way, writing: WritingGroup, { status, written }: { status: string; written: Written }) {
  if (way.site === "a") {
    const outcome = await homeOutcome(writing, status, written);
    return { ...outcome, state: withoutTraces(outcome.state) };
  }
  const { sites } = writing;
  await letRest(sites, sites[way.site]);
  sites.stop();
  return {
    status,
    lost: [],
    problems: sites.world.problems,
    state: withoutTraces(await stateNow(writing)),
  } satisfies Outcome;
}

describe.each(WAYS)("$name", (way) => {
  let calm: { readonly run: CalmRun; readonly outcome: Outcome };
  let before: unknown;
  let noReturn: number;

  beforeAll(async () => {
    const writing = await way.prepare();
    before = withoutTraces(await stateNow(writing));
    const written = followWrites(writing);
    const run = await runCalm(writing.sites, await way.order(writing), { site: writing.sites[way.site] });
    calm = { run, outcome: await outcomeOf(way, writing, { status: run.status, written }) };
    // Who cancels when the group is being given back is told that it is done.
    noReturn = run.commits.findIndex((labels) => /is_past_no_return|step marker\.release /.test(labels));
    await endWorld(writing);
  });

  test("completes and loses no write", () => {
    expect(calm.outcome).toMatchObject({ status: "completed", lost: [], problems: [] });
    expect(calm.run.commits.length).toBeGreaterThan(15);
  });

  test("ends the same when its engine is killed at any journal write", { timeout: 600_000 }, async () => {
    for (const point of struckPoints(calm.run, way)) {
      const writing = await way.prepare();
      const { sites } = writing;
      const written = followWrites(writing);
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), way);
      const site = sites[way.site];
      const second = sites.engine(site, { host: `${site.name}-engine-2` });
      const status = await sites.settle(site, operationId, second, LONGEST_MS);
      const label = `killed ${describePoint(point, calm.run)}`;
      expect({ label, ...(await outcomeOf(way, writing, { status, written })) }).toEqual({ label, ...calm.outcome });
      await endWorld(writing);
    }
  });

  test("cancelled anywhere before the point of no return leaves everything as it was", {
    timeout: 600_000,
  }, async () => {
    for (const point of struckPoints(calm.run, { where: ({ commit }) => commit < noReturn, every: way.every })) {
      const writing = await way.prepare();
      const { sites } = writing;
      const { status } = await cancelAt(writing, point, way);
      await letRest(sites, sites[way.site]);
      sites.stop();
      const label = `cancelled ${describePoint(point, calm.run)}`;
      const state = withoutTraces(await stateNow(writing));
      expect({ label, status, problems: sites.world.problems }).toEqual({ label, status: "cancelled", problems: [] });
      expect({ label, state }).toEqual({ label, state: before });
      await endWorld(writing);
    }
  });

  test("cancelled after it stops at the next boundary, and resume brings it to its end", {
    timeout: 600_000,
  }, async () => {
    const isLate = ({ commit }: JournalPoint) =>
      way.site === "a" && commit > noReturn && commit < calm.run.commits.length - 1;
    for (const point of struckPoints(calm.run, { where: isLate, every: way.every })) {
      const writing = await way.prepare();
      const { sites } = writing;
      const written = followWrites(writing);
      const { operationId, engine, status: paused } = await cancelAt(writing, point, way);
      const label = `cancelled ${describePoint(point, calm.run)}`;
      expect({ label, paused: paused === "paused" || paused === "completed" }).toEqual({ label, paused: true });
      const site = sites[way.site];
      if (paused === "paused") await sites.ask(site, operationId, { verb: "resume" });
      const status = await sites.settle(site, operationId, engine, LONGEST_MS);
      expect({ label, ...(await outcomeOf(way, writing, { status, written })) }).toEqual({ label, ...calm.outcome });
      await endWorld(writing);
    }
  });

  const strikeEach = async (fault: Fault) => {
    for (const [index, call] of struckCalls(calm.run, way)) {
      const writing = await way.prepare();
      const { sites } = writing;
      const written = followWrites(writing);
      const operationId = await way.order(writing);
      sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
      const site = sites[way.site];
      const status = await sites.settle(site, operationId, sites.engine(site), LONGEST_MS);
      const label = `${fault.kind} at call ${index}: ${call.service} ${call.method} ${call.path}`;
      expect({ label, ...(await outcomeOf(way, writing, { status, written })) }).toEqual({ label, ...calm.outcome });
      await endWorld(writing);
    }
  };

  test("every outside call may fail once", { timeout: 900_000 }, () =>
    strikeEach({ kind: "refuse", status: 503, body: "busy" }),
  );

  test("every outside call may take effect and lose its answer", { timeout: 900_000 }, () =>
    strikeEach({ kind: "lost_answer" }),
  );
});
