import { beforeAll, expect, test } from "vitest";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import { awayGroup, followWrites, lostAtHome } from "../world/failback-run.ts";
import type { WritingGroup } from "../world/failover-run.ts";
import { groupRow, identitiesAtHome, orderHomeward } from "../world/homeward-run.ts";
import { cancelAt, cutOffAt, type Task } from "../world/interrupted-run.ts";
import { run } from "../world/protected-group.ts";
import { struckCalls, struckPoints } from "../world/struck-points.ts";
import { endWorld } from "../world/test-run.ts";
import { letBothSitesRest, lose, REASON, running } from "../world/unplanned-run.ts";

/** A failover home without the site that the group runs at, which comes back when it is over. */
const WAY: Task = { site: "a", order: (writing) => orderHomeward(writing, { reason: REASON }) };
/** A world that went away and replicates back costs a second to set up. */
const SAMPLE = { every: 12 };
const LONGEST_MS = 3_600_000;

/** One server with two disks, at rest at site B since its last point, and site B gone. */
async function lostSite(): Promise<{ readonly writing: WritingGroup; readonly bringBack: () => void }> {
  const writing = await awayGroup(1);
  const { sites, group } = writing;
  const cloud = sites.world.cloud("site-b");
  for (const { id } of cloud.compute.servers.values()) cloud.guests.find(id)?.stopWriting();
  await run(sites, sites.b, group.id, { type: "sync" });
  return { writing, bringBack: lose(writing, sites.b, "all") };
}

/** What every run ends in, once site B answers again. */
async function ending(writing: WritingGroup, bringBack: () => void, status: string) {
  bringBack();
  await letBothSitesRest(writing);
  const { status: group, protection, current_operation_id } = await groupRow(writing, "a");
  const { arrays } = writing.sites.world.describe();
  const copies = arrays[0]?.volumes.filter(({ name, isDestroyed }) => !isDestroyed && /^protector-.*-l\d+$/.test(name));
  return {
    status,
    group: [group, protection, current_operation_id],
    home: identitiesAtHome(writing),
    running: [running(writing, "site-a"), running(writing, "site-b")],
    copies,
    problems: writing.sites.world.problems,
  };
}

let calm: { readonly run: CalmRun; readonly ending: Awaited<ReturnType<typeof ending>> };

beforeAll(async () => {
  const { writing, bringBack } = await lostSite();
  const written = followWrites(writing);
  const done = await runCalm(writing.sites, await WAY.order(writing), { site: writing.sites.a });
  expect(lostAtHome(writing, written)).toEqual([]);
  calm = { run: done, ending: await ending(writing, bringBack, done.status) };
  await endWorld(writing);
});

test("completes with the servers at home alone", () => {
  // Two of site A's three servers are not of the group.
  expect(calm.ending).toMatchObject({ status: "completed", running: [3, 0], problems: [], copies: [] });
  expect(struckPoints(calm.run, SAMPLE).length).toBeGreaterThan(4);
});

test("ends the same when its engine is killed at any journal write", { timeout: 300_000 }, async () => {
  for (const point of struckPoints(calm.run, SAMPLE)) {
    const { writing, bringBack } = await lostSite();
    const { sites } = writing;
    const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), WAY);
    const second = sites.engine(sites.a, { host: "site-a-engine-2" });
    const status = await sites.settle(sites.a, operationId, second, LONGEST_MS);
    const label = `killed ${describePoint(point, calm.run)}`;
    expect({ label, ...(await ending(writing, bringBack, status)) }).toEqual({ label, ...calm.ending });
    await endWorld(writing);
  }
});

test("cancelled before the point of no return the servers at the other site run on when that is back", {
  timeout: 300_000,
}, async () => {
  const noReturn = calm.run.commits.findIndex((labels) => /is_past_no_return/.test(labels));
  for (const point of struckPoints(calm.run, { ...SAMPLE, where: ({ commit }) => commit < noReturn })) {
    const { writing, bringBack } = await lostSite();
    const { status } = await cancelAt(writing, point, WAY);
    const label = `cancelled ${describePoint(point, calm.run)}`;
    const { group, running, problems } = await ending(writing, bringBack, status);
    expect({ label, status, group, problems }).toEqual({
      label,
      status: "cancelled",
      group: ["failed_over", "protected", null],
      problems: [],
    });
    // Its own server stays where it waits; what burnt is not started by a cancel.
    expect({ label, atHome: running[0] }).toEqual({ label, atHome: 2 });
    await endWorld(writing);
  }
});

test("every outside call may take effect and lose its answer", { timeout: 300_000 }, async () => {
  for (const [index, call] of struckCalls(calm.run, SAMPLE)) {
    const { writing, bringBack } = await lostSite();
    const { sites } = writing;
    const operationId = await WAY.order(writing);
    sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault: { kind: "lost_answer" } });
    const status = await sites.settle(sites.a, operationId, sites.engine(sites.a), LONGEST_MS);
    const label = `lost answer of call ${index}: ${call.service} ${call.method} ${call.path}`;
    expect({ label, ...(await ending(writing, bringBack, status)) }).toEqual({ label, ...calm.ending });
    await endWorld(writing);
  }
});
