import { beforeEach, describe, expect, it } from "vitest";
import { activeGroup, carry, finishOperation, send, type TestSites, twoSites } from "./testing.ts";

let sites: TestSites;
beforeEach(async () => {
  sites = await twoSites();
});

describe("a protection group", () => {
  it("is created at this site, with a policy, tokens and mappings that reach the peer by document alone", async () => {
    const { a, b } = sites;
    const mappings = [{ kind: "network" as const, source_id: "net-a", target_id: "net-b" }];
    await send(a, "mappings.update_defaults", { path: { project_id: a.projectId }, body: { mappings } });
    const id = await activeGroup(sites);
    const there = await send(b, "protection_groups.show", { path: { project_id: b.projectId, id } });
    expect(there.body.protection_group).toMatchObject({
      name: "shop",
      status: "active",
      is_primary_here: false,
      home_site_id: a.siteId,
      peer_site_id: a.siteId,
      project_id: b.projectId,
      generation: 2,
      sync_status: "IN SYNC",
    });
    const policy = await send(b, "policies.show", { path: { project_id: b.projectId, id } });
    expect(policy.body.policy).toMatchObject({ has_primary_fa_api_token: true, replication_interval: 900 });
    expect(JSON.stringify(policy.body)).not.toContain("token-of-array");
    const mapped = await send(b, "mappings.show", { path: { project_id: b.projectId, id } });
    expect(mapped.body.mappings).toEqual(mappings.map((each) => ({ ...each, origin: "default" })));
    const here = await send(a, "sync.show", { path: { project_id: a.projectId, id } });
    expect(here.body.sync).toMatchObject({ status: "IN SYNC", generation: 2, peer_generation: 2 });
  });

  it("announces each operation and answers 202 with its location", async () => {
    const { a } = sites;
    const id = await activeGroup(sites);
    const path = { project_id: a.projectId, id };
    const added = await send(a, "members.create", { path, body: { member: { server_id: SERVER } } });
    expect(added.status).toBe(202);
    const { operation, member } = added.body;
    expect(operation).toMatchObject({ type: "member_add", status: "pending", verbs: ["cancel", "abandon"] });
    expect(member).toMatchObject({ status: "adding", home_server_id: SERVER });
    expect(added.headers.location).toBe(`http://localhost:80/v1/${a.projectId}/operations/${operation.id}`);
    expect(a.announced).toContain(operation.id);
  });

  it("keeps an operation whose announcement the broker did not take, and says so on it", async () => {
    const { a } = sites;
    const id = await activeGroup(sites);
    a.broker = "not_announced";
    const path = { project_id: a.projectId, id };
    const started = await send(a, "protection_groups.action", { path, body: { sync: {} } });
    expect(started.status).toBe(202);
    expect(started.body.operation).toMatchObject({
      status: "pending",
      status_reason: expect.stringContaining("RabbitMQ"),
    });
  });

  it("gives the same answer to the same Idempotency-Key, and 409 to another request with it", async () => {
    const { a } = sites;
    const path = { project_id: a.projectId };
    const create = (name: string) =>
      send(a, "protection_groups.create", {
        path,
        body: { protection_group: { name } },
        headers: { "idempotency-key": "k1" },
      });
    const [first, second, third] = [await create("shop"), await create("shop"), await create("other")];
    expect(second.status).toBe(201);
    expect(second.body.protection_group.id).toBe(first.body.protection_group.id);
    expect(third.errors[0]?.code).toBe("protector.request.idempotency_conflict");

    const id = await activeGroup(sites, "second");
    const start = () =>
      send(a, "protection_groups.action", {
        path: { ...path, id },
        body: { sync: {} },
        headers: { "idempotency-key": "k2" },
      });
    const [one, again] = [await start(), await start()];
    expect(again.status).toBe(202);
    expect(again.body.operation.id).toBe(one.body.operation.id);
  });

  it("fails over from the other site, and a dry run does not hold the group", async () => {
    const { a, b } = sites;
    const id = await activeGroup(sites);
    const path = { project_id: b.projectId, id };
    const dry = await send(b, "protection_groups.action", {
      path,
      body: { failover: { mode: "planned", dry_run: true } },
    });
    expect(dry.body.operation).toMatchObject({
      type: "failover",
      mode: "planned",
      is_dry_run: true,
      site_id: b.siteId,
    });
    const real = await send(b, "protection_groups.action", { path, body: { failover: { mode: "planned" } } });
    expect(real.status).toBe(202);
    const shown = await send(b, "protection_groups.show", { path });
    expect(shown.body.protection_group.current_operation_id).toBe(real.body.operation.id);
    const wrongSite = await send(a, "protection_groups.action", {
      path: { project_id: a.projectId, id },
      body: { failover: { mode: "planned" } },
    });
    expect(wrongSite.errors[0]).toMatchObject({ code: "protector.protection_group.wrong_status" });
    expect(wrongSite.errors[0]?.detail).toContain(b.siteId);
  });

  it("becomes a tombstone that ends with the peer's receipt", async () => {
    const { a, b, clock } = sites;
    const id = await activeGroup(sites);
    const path = { project_id: a.projectId, id };
    expect((await send(a, "protection_groups.delete", { path })).status).toBe(202);
    const { buryGroup } = await import("../domain/group-deletion.ts");
    await finishOperation(a, id);
    await buryGroup(a.database.db, { groupId: id, localSiteId: a.siteId, now: clock.now() });
    expect((await send(a, "protection_groups.show", { path })).status).toBe(404);
    await carry(id, a, b);
    expect((await send(b, "protection_groups.show", { path: { project_id: b.projectId, id } })).status).toBe(404);
    expect(await a.database.db.selectFrom("protection_groups").selectAll().execute()).toEqual([]);
    expect((await send(a, "operations.index", { path: { project_id: a.projectId } })).body.operations).toHaveLength(2);
  });

  it("follows the primary role to the other site when a document of a higher epoch comes", async () => {
    const { a, b, clock } = sites;
    const id = await activeGroup(sites);
    const { nextEpoch } = await import("../domain/epochs.ts");
    const { raiseGeneration } = await import("../domain/generations.ts");
    const held = await b.database.db.selectFrom("protection_groups").select("epoch").executeTakeFirstOrThrow();
    const epoch = nextEpoch(held.epoch, { primary: b.siteId, peer: a.siteId });
    await b.database.db
      .updateTable("protection_groups")
      .set({ epoch, primary_site_id: b.siteId, status: "failed_over" })
      .execute();
    await raiseGeneration(b.database.db, { groupId: id, localSiteId: b.siteId, now: clock.now() });
    await carry(id, b, a);
    const shown = await send(a, "protection_groups.show", { path: { project_id: a.projectId, id } });
    expect(shown.body.protection_group).toMatchObject({
      epoch,
      primary_site_id: b.siteId,
      is_primary_here: false,
      status: "failed_over",
    });
  });
});

const SERVER = "11111111-1111-4111-8111-111111111111";

describe("lists", () => {
  it("page through everything once, in a stable order, with links both ways", async () => {
    const { a } = sites;
    const path = { project_id: a.projectId };
    for (const name of ["e", "d", "c", "b", "a"]) {
      await send(a, "protection_groups.create", { path, body: { protection_group: { name } } });
    }
    const seen: string[] = [];
    let query = "?limit=2&sort=name:asc";
    for (;;) {
      const page = await send(a, "protection_groups.index", { path, query });
      seen.push(...page.body.protection_groups.map(({ name }) => name));
      const next = page.body.links.find(({ rel }) => rel === "next");
      if (!next) break;
      expect(page.headers.link).toContain(`<${next.href}>; rel="next"`);
      query = new URL(next.href).search;
    }
    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
    const some = await send(a, "protection_groups.index", { path, query: "?name=in:a,c&limit=5000" });
    expect(some.body.protection_groups.map(({ name }) => name).sort()).toEqual(["a", "c"]);
  });

  it("show a project its own groups only", async () => {
    const { a } = sites;
    await activeGroup(sites);
    const other = a.database.db;
    const stranger = await a.token("stranger");
    const row = await other.selectFrom("protection_groups").select("id").executeTakeFirstOrThrow();
    const project = (await a.app.inject({ url: "/" })).statusCode;
    expect(project).toBe(200);
    const otherProject = sites.world.cloud("site-a").identity.projectNamed("other", "default");
    const list = await send(a, "protection_groups.index", {
      path: { project_id: otherProject?.id ?? "" },
      token: stranger,
    });
    expect(list.body.protection_groups).toEqual([]);
    const path = { project_id: otherProject?.id ?? "", id: row.id };
    const shown = await send(a, "protection_groups.show", { path, token: stranger });
    expect(shown.errors[0]?.code).toBe("protector.protection_group.not_found");
  });
});
