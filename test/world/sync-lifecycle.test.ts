import { writesOf } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { carryHome, followWrites, goAway, orderFailback, protectBack } from "./failback-run.ts";
import type { WritingGroup } from "./failover-run.ts";
import { groupRow, orderHomeward, settleHome } from "./homeward-run.ts";
import { POD, run } from "./protected-group.ts";
import { isScheduled, podGroups, writingSyncGroup } from "./sync-run.ts";
import { operationRow, settleTest } from "./test-run.ts";
import { lose, orderUnplanned, REASON, running } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

/** Runs at site B and replicates back asynchronously. */
async function away(count?: number): Promise<WritingGroup> {
  writing = await writingSyncGroup(count);
  await goAway(writing);
  await protectBack(writing);
  return writing;
}

const errorAt = async (id: string, site = writing.sites.a) =>
  readOptionalJson((await operationRow(writing, id, site)).error);

test("replicates back asynchronously, and is not brought back into the pod", async () => {
  const { sites } = await away();
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over", protection: "protected" });
  const id = await orderFailback(writing);
  expect(await settleHome(writing, id)).toBe("failed");
  const error = await errorAt(id);
  expect(error?.code).toBe("protector.failback.into_pod");
  expect(error?.detail).toContain(`pod ${POD}`);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
  expect(sites.world.problems).toEqual([]);
});

test("comes home beside the pod when the site that it runs at is lost, with the ports that waited", async () => {
  const { sites, group } = await away();
  const waiting = sites.world.cloud("site-a").describe().servers;
  const disks = group.servers.flatMap(({ volumes }) => volumes.map(({ providerId }) => providerId ?? ""));
  const { model } = sites.world.array("array-a");
  const before = disks.map((disk) => model.writesOfVolume(disk).length);
  const written = followWrites(writing);
  await sites.clock.advance(330_000);
  lose(writing, sites.b, "all");
  const id = await orderHomeward(writing, { reason: REASON });
  expect([await settleHome(writing, id), (await errorAt(id))?.detail]).toEqual(["completed", undefined]);
  expect(running(writing, "site-a")).toBe(3);
  expect(disks.map((disk) => model.writesOfVolume(disk).length)).toEqual(before);
  const servers = sites.world.cloud("site-a").describe().servers;
  const fresh = servers.filter(({ id }) => !waiting.some((each) => each.id === id));
  const nics = (of: typeof servers) => of.map(({ name, ports }) => ({ name, ports: (ports as string[]).toSorted() }));
  expect(nics(fresh)).toEqual(nics(waiting));
  for (const { id: serverId, name } of fresh) {
    const { writer, last } = written.get(String(name)) ?? { writer: "", last: () => 0 };
    const boot = sites.world.cloud("site-a").guest(String(serverId)).bootRecords[0];
    const found = (boot?.disks ?? [])
      .flatMap(({ content }) => writesOf(content))
      .filter((one) => one.writer === writer);
    const sequences = found.map(({ sequence }) => sequence).toSorted((x, y) => x - y);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(5);
    expect(sequences.length).toBeLessThanOrEqual(last());
  }
  const row = await groupRow(writing, "a");
  expect(row).toMatchObject({ status: "active", replication_type: "async", protection: "unprotected" });
  expect(podGroups(writing, "array-a")).toEqual([]);
  expect(sites.world.problems).toEqual([]);
});

test("has its home where it runs by move-home, is an asynchronous group there, and fails over beside the pod", async () => {
  const { sites, group } = await away();
  await run(sites, sites.b, group.id, { type: "move_home" });
  expect(await groupRow(writing, "b")).toMatchObject({ status: "active", replication_type: "async" });
  expect(podGroups(writing, "array-a")).toEqual([]);
  expect(sites.world.cloud("site-a").describe()).toMatchObject({ servers: [], volumes: [] });
  await carryHome(writing);
  const { db } = sites.a.connection;
  await db.updateTable("resource_mappings").set({ target_id: "replicated" }).where("target_id", "=", "sync").execute();
  const id = await sites.order(sites.a, group.id, { type: "failover", mode: "planned" });
  expect([await settleHome(writing, id), (await errorAt(id))?.detail]).toEqual(["completed", undefined]);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([3, 0]);
  expect(sites.world.problems).toEqual([]);
});

test("members come and go, and a deleted group leaves nothing in the pod", async () => {
  writing = await writingSyncGroup(2);
  const { sites, group } = writing;
  const [first, second] = group.memberIds;
  await run(sites, sites.a, group.id, { type: "member_remove", parameters: { member_id: first } });
  expect(podGroups(writing, "array-b").map(({ members }) => members.length)).toEqual([2]);
  await run(sites, sites.a, group.id, { type: "member_remove", parameters: { member_id: second } });
  await run(sites, sites.a, group.id, { type: "group_delete" });
  expect([podGroups(writing, "array-a"), podGroups(writing, "array-b")]).toEqual([[], []]);
  expect(sites.world.problems).toEqual([]);
});

test("the pod's halves say whether the group is protected", async () => {
  writing = await writingSyncGroup(1);
  const { sites } = writing;
  const look = async () => {
    await sites.clock.run(readRecoveryPoints(sites.ports(sites.a)));
    const { protection, protection_reason, pod } = await groupRow(writing, "a");
    return { protection, protection_reason, halves: readOptionalJson(pod)?.halves.map(({ status }) => status) };
  };
  expect(await look()).toEqual({ protection: "protected", protection_reason: null, halves: ["online", "online"] });
  const [link] = sites.world.links;
  if (link) link.isUp = false;
  await sites.clock.advance(60_000);
  expect(await look()).toMatchObject({ protection: "unprotected", halves: expect.arrayContaining(["offline"]) });
  if (link) link.isUp = true;
  await sites.clock.advance(5_000);
  expect(await look()).toMatchObject({ protection: "seeding", halves: expect.arrayContaining(["resyncing"]) });
  await sites.clock.advance(60_000);
  expect(await look()).toMatchObject({ protection: "protected" });
});

test("reclaim brings back servers that were cut off from the pod, and its points are cut again", async () => {
  writing = await writingSyncGroup(3, { isUniform: true });
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "control plane");
  expect(await settleTest(writing, await orderUnplanned(writing))).toBe("completed");
  lose(writing, sites.b, "all");
  bringBack();
  const parameters = { reason: "site B burnt down, nothing runs there" };
  const id = await sites.order(sites.a, group.id, { type: "reclaim", parameters });
  expect([await settleHome(writing, id), (await errorAt(id))?.detail]).toEqual(["completed", undefined]);
  expect(running(writing, "site-a")).toBe(3);
  expect([podGroups(writing, "array-a").length, isScheduled(writing, "array-a")]).toEqual([1, true]);
  expect(sites.world.problems).toEqual([]);
});
