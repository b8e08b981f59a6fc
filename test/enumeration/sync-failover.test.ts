import { beforeAll, describe, expect, test } from "vitest";
import { primaryMarkers } from "../watches/watched-site.ts";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import { type Outcome, orderFailover, outcomeOf, type WritingGroup } from "../world/failover-run.ts";
import { cancelAt, cutOffAt } from "../world/interrupted-run.ts";
import { lostWrites } from "../world/lost-writes.ts";
import { struckCalls, struckPoints } from "../world/struck-points.ts";
import { loseWithArray, podGroups, writingSyncGroup } from "../world/sync-run.ts";
import { changesSomething, endWorld, orderCleanup, orderTest, settleTest, targetCloud } from "../world/test-run.ts";
import { letBothSitesRest, orderUnplanned, owedAt, REASON, running } from "../world/unplanned-run.ts";

/*
 * Failovers of a group whose volumes are in a pod, struck at a sample: every fourth kind of journal write or call. What they
 * have in common with those of other groups is struck at every kind in the files beside this one.
 */
const EVERY = 4;
const TIMEOUT = { timeout: 600_000 };

const orderLost = (writing: WritingGroup) => orderUnplanned(writing, { reason: REASON });

/** How every unplanned failover ends when site A is there again: nothing lost, one side runs, the pod as it was. */
const NOTHING_LOST = { lost: [], atTarget: 3, atSource: 0, owed: [], isLevel: true, inPod: [5], problems: [] };

async function endOf(writing: WritingGroup): Promise<unknown> {
  await letBothSitesRest(writing);
  const { sites, group } = writing;
  return {
    lost: lostWrites(sites, group),
    atTarget: running(writing, "site-b"),
    atSource: running(writing, "site-a"),
    owed: [...(await owedAt(sites.a)), ...(await owedAt(sites.b))],
    isLevel: (await primaryMarkers(sites, group.id)).isLevel,
    inPod: podGroups(writing, "array-b").map(({ members }) => members.length),
    problems: sites.world.problems,
  };
}

describe("a planned failover out of a pod", () => {
  let calm: { readonly run: CalmRun; readonly outcome: Outcome };

  beforeAll(async () => {
    const writing = await writingSyncGroup();
    const run = await runCalm(writing.sites, await orderFailover(writing));
    calm = { run, outcome: await outcomeOf(writing, run.status) };
    expect(calm.outcome).toMatchObject({ status: "completed", lost: [], problems: [] });
  });

  test("ends the same when its engine is killed at a journal write", TIMEOUT, async () => {
    for (const point of struckPoints(calm.run, { every: EVERY })) {
      const writing = await writingSyncGroup();
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill());
      const status = await settleTest(writing, operationId);
      const label = `killed ${describePoint(point, calm.run)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  });

  test("ends the same when the answer of a call that changes something is lost", TIMEOUT, async () => {
    for (const [index, call] of struckCalls(calm.run, { where: changesSomething, every: EVERY })) {
      const label = `lost answer of call ${index}: ${call.service} ${call.method} ${call.path}`;
      const writing = await writingSyncGroup();
      const id = await orderFailover(writing);
      writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault: { kind: "lost_answer" } });
      const { status, lost, problems } = await outcomeOf(writing, await settleTest(writing, id));
      expect({ label, status, lost, problems }).toEqual({ label, status: "completed", lost: [], problems: [] });
    }
  });

  test("leaves every server at home when it is cancelled before the first one starts", TIMEOUT, async () => {
    const noReturn = calm.run.commits.findIndex((labels) => labels.includes("is_past_no_return"));
    const where = ({ commit }: { readonly commit: number }) => commit < noReturn;
    for (const point of struckPoints(calm.run, { where, every: EVERY })) {
      const label = `cancelled ${describePoint(point, calm.run)}`;
      const writing = await writingSyncGroup();
      const before = podGroups(writing, "array-a");
      const { status } = await cancelAt(writing, point);
      await letBothSitesRest(writing);
      const seen = { atSource: running(writing, "site-a"), atTarget: running(writing, "site-b") };
      expect({ label, status, ...seen, pod: podGroups(writing, "array-a") }).toEqual({
        label,
        status: "cancelled",
        atSource: 3,
        atTarget: 0,
        pod: before,
      });
      await endWorld(writing);
    }
  });
});

test("an unplanned failover loses no write when its engine is killed at a journal write", TIMEOUT, async () => {
  const alone = await writingSyncGroup();
  loseWithArray(alone);
  const calm = await runCalm(alone.sites, await orderLost(alone));
  expect(calm.status).toBe("completed");
  await endWorld(alone);
  for (const point of struckPoints(calm, { every: EVERY })) {
    const label = `killed ${describePoint(point, calm)}`;
    const writing = await writingSyncGroup();
    const bringBack = loseWithArray(writing);
    const { operationId } = await cutOffAt(writing, point, (line) => line.kill(), orderLost);
    expect({ label, status: await settleTest(writing, operationId) }).toEqual({ label, status: "completed" });
    bringBack();
    expect({ label, end: await endOf(writing) }).toEqual({ label, end: NOTHING_LOST });
    await endWorld(writing);
  }
});

test(
  "a test leaves nothing, and the pod as it was, when its engine is killed at a journal write",
  TIMEOUT,
  async () => {
    const undisturbed = await writingSyncGroup();
    const calm = await runCalm(undisturbed.sites, await orderTest(undisturbed));
    expect(calm.status).toBe("completed");
    await endWorld(undisturbed);
    for (const point of struckPoints(calm, { every: EVERY })) {
      const label = `killed ${describePoint(point, calm)}`;
      const writing = await writingSyncGroup();
      const before = { cloud: targetCloud(writing.sites.world.describe()), pod: podGroups(writing, "array-b") };
      const { operationId } = await cutOffAt(writing, point, (line) => line.kill(), orderTest);
      expect({ label, status: await settleTest(writing, operationId) }).toEqual({ label, status: "completed" });
      expect({ label, status: await settleTest(writing, await orderCleanup(writing)) }).toEqual({
        label,
        status: "completed",
      });
      const after = { cloud: targetCloud(writing.sites.world.describe()), pod: podGroups(writing, "array-b") };
      expect({ label, after }).toEqual({ label, after: before });
      await endWorld(writing);
    }
  },
);
