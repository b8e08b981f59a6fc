import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { listKeptSnapshots } from "../../packages/server/src/db/repositories/kept-snapshots.ts";
import { awayGroup, carryAway, carryHome, followWrites, goAway } from "./failback-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { groupRow, settleHome } from "./homeward-run.ts";
import { run } from "./protected-group.ts";
import { operationRow, settleTest } from "./test-run.ts";
import { letBothSitesRest, lose, orderUnplanned, REASON, running } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

function membersAt(site: "a" | "b") {
  return writing.sites[site].connection.db.selectFrom("pg_members").selectAll().orderBy("name").execute();
}

test("the site that the group runs at becomes its home, the old one is emptied, and it fails over and back from there", async () => {
  writing = await awayGroup();
  const { sites, group } = writing;
  const servers = sites.world.cloud("site-b").describe().servers;
  await run(sites, sites.b, group.id, { type: "move_home" });
  expect(await groupRow(writing, "b")).toMatchObject({
    status: "active",
    protection: "protected",
    home_site_id: sites.b.id,
    primary_site_id: sites.b.id,
    current_operation_id: null,
  });
  expect(sites.world.cloud("site-b").describe().servers).toEqual(servers);
  expect(sites.world.cloud("site-a").describe()).toMatchObject({ servers: [], volumes: [] });
  expect((await membersAt("b")).map(({ home_server_id, peer_server_id }) => [home_server_id, peer_server_id])).toEqual(
    expect.arrayContaining(servers.map(({ id }) => [id, null])),
  );
  await carryHome(writing);
  expect(await groupRow(writing, "a")).toMatchObject({ status: "active", home_site_id: sites.b.id });
  // The other way round: site A is where it fails over to now.
  const failover = await sites.order(sites.a, group.id, { type: "failover", mode: "planned" });
  expect([await settleHome(writing, failover), (await operationRow(writing, failover, sites.a)).error]).toEqual([
    "completed",
    null,
  ]);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([3, 0]);
  await run(sites, sites.a, group.id, { type: "reprotect" });
  await carryAway(writing);
  const back = await sites.order(sites.b, group.id, { type: "failback" });
  expect(await settleTest(writing, back)).toBe("completed");
  expect(
    sites.world
      .cloud("site-b")
      .describe()
      .servers.map(({ id }) => id),
  ).toEqual(servers.map(({ id }) => id));
  expect(sites.world.cloud("site-a").describe()).toMatchObject({ servers: [], volumes: [] });
  expect(sites.world.problems).toEqual([]);
});

test("after an unplanned failover what only the old home has is kept there as volumes", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "all");
  await goAway(writing, (of) => orderUnplanned(of, { reason: REASON }));
  bringBack();
  await letBothSitesRest(writing);
  const { model } = sites.world.array("array-a");
  const disks = group.servers.flatMap(({ volumes }) => volumes.map(({ providerId }) => providerId ?? ""));
  const left = disks.map((disk) => model.writesOfVolume(disk).length);
  expect(followWrites(writing).size).toBe(1);
  const { leftovers } = await operationRow(writing, await run(sites, sites.b, group.id, { type: "move_home" }));
  const kept = readJson(leftovers).map(({ subject }) => subject.replace("Array volume ", ""));
  expect(kept.map((name) => model.writesOfVolume(name).length).toSorted()).toEqual(left.toSorted());
});

test("what a reprotection has kept there stays when the volumes go, and goes with them when it is deleted", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "all");
  await goAway(writing, (of) => orderUnplanned(of, { reason: REASON }));
  bringBack();
  await letBothSitesRest(writing);
  await run(sites, sites.b, group.id, { type: "reprotect" });
  const { db } = sites.b.connection;
  const kept = async () => (await listKeptSnapshots(db, group.id)).map(({ id, kind, name }) => ({ id, kind, name }));
  const { model } = sites.world.array("array-a");
  const snapshots = () => {
    const alive = model.describe().snapshots.filter(({ isDestroyed }) => !isDestroyed);
    return alive.map(({ name, writes }) => ({ name, writes })).filter(({ name }) => name.includes("-kept"));
  };
  const before = snapshots();
  expect(before.map(({ writes }) => writes > 0)).toEqual([true, true]);
  await run(sites, sites.b, group.id, { type: "move_home" });
  expect(snapshots().map(({ writes }) => writes)).toEqual(before.map(({ writes }) => writes));
  const listed = await kept();
  const names = (kind: string) => listed.filter((each) => each.kind === kind).map(({ name }) => name);
  expect(names("volume_snapshot").toSorted()).toEqual(snapshots().map(({ name }) => name));
  expect(names("kept_volume")).toHaveLength(2);
  for (const { id } of listed.filter(({ kind }) => kind === "kept_volume"))
    await run(sites, sites.b, group.id, { type: "snapshot_delete", parameters: { snapshot_id: id } });
  expect([await kept(), snapshots()]).toEqual([[], []]);
});

test("is blocked while a member's only whole copy is at the old home", async () => {
  writing = await writingGroup();
  const { sites, group } = writing;
  const clear = sites.world.conditions.inject({
    service: "site-b/nova",
    method: "POST",
    path: /\/servers$/,
    when: ({ body }) => body.includes("web-01"),
    fault: { kind: "refuse", status: 400, body: { badRequest: { message: "struck" } } },
  });
  const failover = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  expect(await settleTest(writing, failover)).toBe("completed_with_errors");
  clear();
  const id = await sites.order(sites.b, group.id, { type: "move_home" });
  expect(await settleTest(writing, id)).toBe("failed");
  const error = readOptionalJson((await operationRow(writing, id)).error);
  expect(error?.detail).toContain("It did not come up at site-b: its data is where it came from.");
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over_partial", home_site_id: sites.a.id });
});
