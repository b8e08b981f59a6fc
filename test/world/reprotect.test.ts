import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { arrayGroupName } from "../../packages/storage/src/index.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { run } from "./protected-group.ts";
import { operationRow, settleTest } from "./test-run.ts";
import { letBothSitesRest, lose, orderUnplanned } from "./unplanned-run.ts";

let writing: WritingGroup;
const open = async () => {
  writing = await writingGroup();
  return writing;
};
afterEach(() => writing.sites.stop());

/** Fails over to site B, where the servers then write on. */
async function failedOver(): Promise<WritingGroup> {
  const { sites } = await open();
  expect(await settleTest(writing, await orderFailover(writing))).toBe("completed");
  writeAtB();
  await sites.clock.advance(5000);
  return writing;
}

function serversAtB() {
  return [...writing.sites.world.cloud("site-b").compute.servers.values()];
}

function writeAtB(): void {
  for (const { id } of serversAtB()) writing.sites.world.cloud("site-b").guest(id).startWriting(1000);
}

function groupAt(site: "a" | "b") {
  return writing.sites[site].connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", writing.group.id)
    .executeTakeFirstOrThrow();
}

function arrayGroupsAt(name: "array-a" | "array-b") {
  const groups = writing.sites.world.describe().arrays.find((array) => array.name === name)?.groups ?? [];
  return groups.filter((each) => !each.isDestroyed && each.name.endsWith(arrayGroupName(writing.group.id)));
}

test("after a planned failover everything replicates back, and what was written there is in a complete point at home", async () => {
  const { sites, group } = await failedOver();
  const before = sites.world.describe().clouds.map(({ servers }) => servers);
  const id = await run(sites, sites.b, group.id, { type: "reprotect" });
  expect(await groupAt("b")).toMatchObject({
    status: "failed_over",
    protection: "protected",
    primary_site_id: sites.b.id,
    current_operation_id: null,
  });
  expect(sites.world.describe().clouds.map(({ servers }) => servers)).toEqual(before);
  const volumes = serversAtB()
    .flatMap(({ disks }) => disks.length)
    .reduce((sum, count) => sum + count, 0);
  const [sending] = arrayGroupsAt("array-b").filter(({ name }) => !name.includes(":"));
  expect(sending).toMatchObject({ isReplicating: true });
  expect(sending?.members).toHaveLength(volumes);
  const [old] = arrayGroupsAt("array-a").filter(({ name }) => !name.includes(":"));
  expect(old).toMatchObject({ isReplicating: false });
  const { recovery_point: point } = await operationRow(writing, id);
  const source = { group: arrayGroupName(group.id), array: "array-b" };
  const access = { url: "https://127.0.0.21", apiToken: "token-array-a", tls: {} };
  const array = sites.ports(sites.a).storageDriver(sites.world.transport).connect(access);
  const held = await sites.clock.run(array.volumesOfPoint(source, point ?? ""));
  expect(held).toHaveLength(volumes);
  const written = sites.world
    .array("array-a")
    .model.describe()
    .points.filter(({ name }) => name.includes(point ?? "none"));
  expect(written.map(({ progress }) => progress)).toEqual([1]);
  expect(sites.world.problems).toEqual([]);
});

test("it stays protected in the eyes of the watch, at the interval of its policy", async () => {
  const { sites, group } = await failedOver();
  await run(sites, sites.b, group.id, { type: "reprotect" });
  const { last_recovery_point_at: first } = await groupAt("b");
  await sites.clock.advance(660_000);
  await sites.clock.run(readRecoveryPoints(sites.ports(sites.b)));
  const now = await groupAt("b");
  expect(now.protection).toBe("protected");
  expect(String(now.last_recovery_point_at) > String(first)).toBe(true);
});

test("after an unplanned failover the disks that were left stay as they are", async () => {
  const { sites, group } = await open();
  const bringBack = lose(writing, sites.a, "all");
  const id = await orderUnplanned(writing, { reason: "site A burnt down this morning" });
  expect(await settleTest(writing, id)).toBe("completed");
  bringBack();
  const [first] = group.servers;
  const disk = first?.volumes[0]?.providerId ?? "";
  await letBothSitesRest(writing);
  const model = sites.world.array("array-a").model;
  const writesLeft = model.writesOfVolume(disk).length;
  await run(sites, sites.b, group.id, { type: "reprotect" });
  expect(model.writesOfVolume(disk)).toHaveLength(writesLeft);
  expect(await groupAt("b")).toMatchObject({ protection: "protected", status: "failed_over" });
});

test("is refused while a server that was left still runs", async () => {
  const { sites, group } = await failedOver();
  const [left] = group.servers;
  const server = sites.world.cloud("site-a").compute.servers.get(left?.server.id ?? "");
  if (server) server.vmState = "active";
  const id = await sites.order(sites.b, group.id, { type: "reprotect" });
  expect(await settleTest(writing, id)).toBe("failed");
  const error = readOptionalJson((await operationRow(writing, id)).error);
  expect([error?.code, error?.detail]).toEqual([
    "protector.member.wrong_state",
    expect.stringContaining("It is ACTIVE at site-a"),
  ]);
  expect(await groupAt("b")).toMatchObject({ status: "failed_over", protection: "unprotected" });
});

test("reprotected again it keeps only the newest of its own points", async () => {
  const { sites, group } = await failedOver();
  const ownPoints = () =>
    sites.world
      .array("array-b")
      .model.describe()
      .points.filter((point) => !point.isDestroyed && /-r-\d+$/.test(point.name))
      .map(({ name }) => name);
  await run(sites, sites.b, group.id, { type: "reprotect" });
  const [first] = ownPoints();
  await run(sites, sites.b, group.id, { type: "reprotect" });
  expect(ownPoints()).toHaveLength(1);
  expect(ownPoints()).not.toContain(first);
  expect(await groupAt("b")).toMatchObject({ protection: "protected" });
});

test("cancelled on its way it leaves nothing of it on either array, and can be started again", async () => {
  const { sites, group } = await failedOver();
  const shape = () =>
    (["array-a", "array-b"] as const).map((name) =>
      arrayGroupsAt(name)
        // The target keeps the record of a group that was sent to it.
        .filter(({ name: of }) => !of.startsWith("array-b:"))
        .map(({ name: of, members, isReplicating }) => [of, members.length, isReplicating]),
    );
  const before = shape();
  const id = await sites.order(sites.b, group.id, { type: "reprotect" });
  const afterCommit = (_id: string, labels: readonly string[]) =>
    labels.includes("step cut completed") ? sites.ask(sites.b, id, { verb: "cancel" }) : undefined;
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { observer: { afterCommit } }))).toBe("cancelled");
  expect(shape()).toEqual(before);
  expect(await groupAt("b")).toMatchObject({ status: "failed_over", protection: "unprotected" });
  await run(sites, sites.b, group.id, { type: "reprotect" });
  expect(readJson((await operationRow(writing, id)).leftovers)).toEqual([]);
});
