import { beforeEach, expect, it } from "vitest";
import { writeTime } from "../db/codecs.ts";
import { activeGroup, send, type TestSites, twoSites } from "./testing.ts";

const REASON = "site B burnt down, the array with it";
const TOKEN = "token-of-the-new-array";
const THIRD = "33333333-3333-4333-8333-333333333333";

let sites: TestSites;
let id: string;
beforeEach(async () => {
  sites = await twoSites();
  id = await activeGroup(sites);
});

/** A third site that is registered at site A, its project mapped. */
async function registerThird(): Promise<void> {
  const { a, b, clock } = sites;
  const { db } = a.database;
  const peer = await db.selectFrom("sites").selectAll().where("id", "=", b.siteId).executeTakeFirstOrThrow();
  await db
    .insertInto("sites")
    .values({ ...peer, id: THIRD, name: "site-c", auth_url: "http://127.0.3.2:5000/v3" })
    .execute();
  const mapping = { site_id: THIRD, local_project_id: a.projectId, peer_project_id: "f".repeat(32) };
  await db
    .insertInto("tenant_mappings")
    .values({ ...mapping, id: THIRD, created_at: writeTime(clock.now()) })
    .execute();
}

/** What the engine of site A has seen of site B last. */
async function seeB(reachability: "reachable" | "unreachable"): Promise<void> {
  const { a, b } = sites;
  await a.database.db.updateTable("sites").set({ reachability }).where("id", "=", b.siteId).execute();
}

function replace(more: Record<string, string> = {}) {
  const { a } = sites;
  const array = { secondary_fa_url: "https://127.0.3.1", secondary_fa_api_token: TOKEN };
  const body = { replace_peer: { peer_site_id: THIRD, reason: REASON, ...array, ...more } };
  return send(a, "protection_groups.action", { path: { project_id: a.projectId, id }, body });
}

it("names the new site in every row, closes what the lost one owed, and keeps the reason, but no token, in the audit", async () => {
  const { a, b } = sites;
  const { db } = a.database;
  await registerThird();
  await seeB("unreachable");
  const before = await db.selectFrom("protection_groups").selectAll().executeTakeFirstOrThrow();
  const answer = await replace();
  expect([answer.status, answer.errors]).toEqual([202, []]);
  expect(answer.body.operation).toMatchObject({ type: "replace_peer", status: "pending" });
  const group = await db.selectFrom("protection_groups").selectAll().executeTakeFirstOrThrow();
  expect(group).toMatchObject({
    peer_site_id: THIRD,
    home_site_id: a.siteId,
    protection: "unprotected",
    generation: before.generation + 1,
    peer_generation: null,
  });
  expect(group.epoch).toBeGreaterThan(before.epoch);
  const policy = await db.selectFrom("replication_policies").selectAll().executeTakeFirstOrThrow();
  expect(policy).toMatchObject({ secondary_fa_url: "https://127.0.3.1", secondary_backend: null });
  expect(await db.selectFrom("resource_mappings").selectAll().where("protection_group_id", "=", id).execute()).toEqual(
    [],
  );
  expect(JSON.stringify(await db.selectFrom("consistency_groups").selectAll().execute())).not.toContain(b.siteId);
  const [event] = await db
    .selectFrom("audit_events")
    .select("detail")
    .where("action", "=", "protection_groups.replace_peer")
    .execute();
  expect(event?.detail).toContain(REASON);
  for (const table of ["audit_events", "dr_operations", "replication_policies"] as const)
    expect(JSON.stringify(await db.selectFrom(table).selectAll().execute())).not.toContain(TOKEN);
});

it("is refused while the old site answers, for a site that is not registered, and without an array", async () => {
  const { db } = sites.a.database;
  await seeB("reachable");
  expect((await replace()).errors[0]?.code).toBe("protector.peer.not_lost");
  await seeB("unreachable");
  expect((await replace()).errors[0]?.code).toBe("protector.site.not_found");
  await registerThird();
  const none = await replace({ secondary_backend: "array-c" });
  expect(none.errors[0]?.code).toBe("protector.request.invalid");
  await db.deleteFrom("tenant_mappings").where("site_id", "=", THIRD).execute();
  expect((await replace()).errors[0]?.code).toBe("protector.tenant_mapping.missing");
  expect(await db.selectFrom("dr_operations").select("id").where("type", "=", "replace_peer").execute()).toEqual([]);
});
