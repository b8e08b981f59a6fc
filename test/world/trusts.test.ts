import { afterEach, beforeEach, expect, test } from "vitest";
import { writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { needTrust } from "../../packages/server/src/db/repositories/trusts.ts";
import { keepTrusts } from "../../packages/server/src/engine/watch/trusts.ts";
import { protectThreeTier } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** Longer than a request lasts. ms */
const REST_MS = 600_000;

let sites: TwoSites;
beforeEach(async () => {
  sites = await createTwoSites();
});
afterEach(() => sites.stop());

/** The site's engine looks after its trusts, when every request is over. */
async function keep(): Promise<void> {
  await sites.clock.advance(REST_MS);
  await sites.clock.run(keepTrusts(sites.ports(sites.a)));
}

function keystone() {
  return sites.world.cloud("site-a").identity;
}

function rows() {
  return sites.a.connection.db.selectFrom("trusts").selectAll().orderBy("created_at").execute();
}

/** Trusts at Keystone, and what the database says of them. */
async function there() {
  const known = await rows();
  return [...keystone().trusts.keys()].map((id) => known.find(({ trust_id }) => trust_id === id)?.state ?? "unknown");
}

test("a project's trust goes with its last group, and not before", async () => {
  const { a } = sites;
  const { db } = a.connection;
  const { id } = await protectThreeTier(sites, { count: 1 });
  await keep();
  expect(await there()).toEqual(["made"]);
  const duty = sites.random.uuid();
  await db
    .insertInto("duties")
    .values({
      id: duty,
      protection_group_id: id,
      operation_id: null,
      site_id: a.id,
      kind: "leftovers",
      subject: "a volume",
      input: writeJson({}),
      reason: "it did not answer",
      state: "owed",
      attempts: 0,
      last_error: null,
      next_look_at: null,
      created_at: writeTime(sites.clock.now()),
      done_at: null,
    })
    .execute();
  await db
    .updateTable("protection_groups")
    .set({ deleted_at: writeTime(sites.clock.now()) })
    .execute();
  await keep();
  expect(await there(), "its leftovers are deleted in the tenant's name").toEqual(["made"]);
  await db.updateTable("duties").set({ state: "done" }).execute();
  const operation = await sites.order(a, id, { type: "group_delete" });
  await keep();
  expect(await there(), "an operation is not over").toEqual(["made"]);
  await db.updateTable("dr_operations").set({ status: "completed" }).where("id", "=", operation).execute();
  await keep();
  expect(await there()).toEqual([]);
  expect(await rows()).toEqual([]);
});

test("a trust that a request has just relied on stays until its group is there", async () => {
  await sites.clock.advance(REST_MS);
  const [trust] = await rows();
  expect(await needTrust(sites.a.connection.db, trust?.id ?? "", sites.clock.now())).toBe(true);
  await sites.clock.run(keepTrusts(sites.ports(sites.a)));
  expect(await there()).toEqual(["made"]);
});

test("a trust that yields no token and that the cloud keeps from the service user is told, and ended once it can be", async () => {
  const { users } = keystone();
  const user = users.get(sites.a.tenant.user.id);
  if (!user) throw new Error("no user");
  users.set(user.id, { ...user, isEnabled: false });
  await keep();
  expect(await there()).toEqual(["ending"]);
  const told = sites.events.filter((event) => event.kind === "watch_failed");
  expect(told.map(({ watch, error }) => [watch, (error as Error).message])).toEqual([
    ["trusts", expect.stringContaining("identity:delete_trust")],
  ]);
  users.set(user.id, user);
  await keep();
  expect([await there(), await rows()]).toEqual([[], []]);
});

test("a trust whose answer nobody has lived to see is ended, and no other", async () => {
  await protectThreeTier(sites, { count: 1 });
  const identity = keystone();
  const [known] = await rows();
  const [own] = identity.trusts.values();
  if (!known || !own) throw new Error("no trust");
  const now = writeTime(sites.clock.now());
  identity.trusts.set("of-before", { ...own, id: "of-before" });
  identity.trusts.set("of-another", { ...own, id: "of-another", trustorId: "another" });
  await sites.a.connection.db
    .insertInto("trusts")
    .values({
      ...known,
      id: sites.random.uuid(),
      trust_id: null,
      known_before: writeJson([own.id, "of-before"]),
      state: "making",
      is_usable: 0,
      created_at: now,
      needed_at: now,
    })
    .execute();
  identity.trusts.set("unseen", { ...own, id: "unseen" });
  await sites.clock.run(keepTrusts(sites.ports(sites.a)));
  expect([...identity.trusts.keys()], "its request may still be under way").toContain("unseen");
  await keep();
  expect([...identity.trusts.keys()]).toEqual([own.id, "of-before", "of-another"]);
  expect((await rows()).map(({ state }) => state)).toEqual(["made"]);
});

test("a trust that Keystone has lost is no longer counted on", async () => {
  await protectThreeTier(sites, { count: 1 });
  keystone().trusts.clear();
  await keep();
  expect((await rows()).map(({ state, is_usable }) => [state, is_usable])).toEqual([["made", 0]]);
});
