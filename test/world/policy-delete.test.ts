import { afterEach, expect, test } from "vitest";
import { type EmptyGroup, emptyGroup, outsideOf } from "./policy-run.ts";
import { addMember, carry, createGroup, insertPolicy, run } from "./protected-group.ts";
import { podGroups, writingSyncGroup } from "./sync-run.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

let sites: TwoSites;
afterEach(() => sites.stop());

function groupAt(site: "a" | "b", id: string) {
  return sites[site].connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}

/** Rows of a site that only a policy gives rise to. */
async function policyRows(site: "a" | "b", id: string) {
  const { db } = sites[site].connection;
  const of = (table: "replication_policies" | "consistency_groups" | "recovery_points") =>
    db.selectFrom(table).select("id").where("protection_group_id", "=", id).execute();
  return (await Promise.all([of("replication_policies"), of("consistency_groups"), of("recovery_points")])).flat();
}

const NOTHING = { cinderGroups: [], arrayGroups: [], points: [], markers: [], problems: [] };

test("a deleted policy leaves nothing on arrays and clouds, and the group can be given another one", async () => {
  const empty: EmptyGroup = await emptyGroup();
  ({ sites } = empty);
  const { group } = empty;
  expect(await outsideOf(empty)).not.toMatchObject({ arrayGroups: [], points: [], markers: [] });
  await run(sites, sites.a, group.id, { type: "policy_delete" });
  expect(await outsideOf(empty)).toEqual(NOTHING);
  expect(await groupAt("a", group.id)).toMatchObject({
    status: "creating",
    protection: "unprotected",
    protection_reason: "no replication policy",
    is_failover_ready: null,
    current_operation_id: null,
  });
  await carry(sites, sites.a, sites.b, group.id);
  expect([await policyRows("a", group.id), await policyRows("b", group.id)]).toEqual([[], []]);
  expect(await groupAt("b", group.id)).toMatchObject({ status: "creating" });
  await insertPolicy(sites, group.id);
  await run(sites, sites.a, group.id, { type: "group_create" });
  const [server] = group.servers;
  if (!server) throw new Error("no server");
  await addMember(sites, group.id, { serverId: server.server.id, name: server.server.name, tier: 0 });
  await run(sites, sites.a, group.id, { type: "sync" });
  expect(await groupAt("a", group.id)).toMatchObject({ status: "active", protection: "protected" });
  expect(sites.world.problems).toEqual([]);
});

test("a deleted policy takes a sync group's array group out of its pod on both arrays", async () => {
  const writing = await writingSyncGroup(1);
  ({ sites } = writing);
  const { group } = writing;
  const [member_id] = group.memberIds;
  await run(sites, sites.a, group.id, { type: "member_remove", parameters: { member_id } });
  expect(podGroups(writing, "array-a")).not.toEqual([]);
  await run(sites, sites.a, group.id, { type: "policy_delete" });
  expect([podGroups(writing, "array-a"), podGroups(writing, "array-b")]).toEqual([[], []]);
  expect(await outsideOf(writing)).toEqual(NOTHING);
  expect(await groupAt("a", group.id)).toMatchObject({
    status: "creating",
    protection_reason: "no replication policy",
  });
});

test("a policy that could never be carried out is deleted without asking the arrays that it names", async () => {
  sites = await createTwoSites();
  const id = await createGroup(sites);
  const { db } = sites.a.connection;
  // Both sides name the same array: the set-up is refused before its first step.
  await db.updateTable("replication_policies").set({ secondary_backend: "array-a" }).execute();
  const refused = await sites.order(sites.a, id, { type: "group_create" });
  expect(await sites.settle(sites.a, refused, sites.engine(sites.a))).toBe("failed");
  sites.world.conditions.inject({ service: "array-a", fault: { kind: "unreachable" } });
  await run(sites, sites.a, id, { type: "policy_delete" });
  expect(await groupAt("a", id)).toMatchObject({ status: "creating", protection_reason: "no replication policy" });
});

test("a policy that could not be carried out, corrected, sets the group up", async () => {
  sites = await createTwoSites();
  const id = await createGroup(sites);
  const { db } = sites.a.connection;
  const naming = (secondary_backend: string) =>
    db.updateTable("replication_policies").set({ secondary_backend }).execute();
  await naming("array-a");
  const refused = await sites.order(sites.a, id, { type: "group_create" });
  expect(await sites.settle(sites.a, refused, sites.engine(sites.a))).toBe("failed");
  expect(await groupAt("a", id)).toMatchObject({ status: "error" });
  await naming("array-b");
  await run(sites, sites.a, id, { type: "group_create", parameters: { is_update: true } });
  expect(await groupAt("a", id)).toMatchObject({ status: "active", protection_reason: "the group has no members yet" });
  expect(await db.selectFrom("consistency_groups").select("array_name").orderBy("array_name").execute()).toEqual([
    { array_name: "array-a" },
    { array_name: "array-b" },
  ]);
});

test("a group that never had a policy is deleted", async () => {
  sites = await createTwoSites();
  const id = await createGroup(sites);
  await sites.a.connection.db.deleteFrom("replication_policies").execute();
  await run(sites, sites.a, id, { type: "group_delete" });
  expect((await groupAt("a", id)).deleted_at).not.toBeNull();
});
