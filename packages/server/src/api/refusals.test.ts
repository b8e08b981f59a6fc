import type { SyncDocument } from "@protector/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  activeGroup,
  carry,
  contents,
  finishOperation,
  send,
  type TestAnswer,
  type TestSites,
  twoSites,
} from "./testing.ts";

const SERVER = "11111111-1111-4111-8111-111111111111";
const OTHER_SERVER = "22222222-2222-4222-8222-222222222222";
const NOBODY = "99999999-9999-4999-8999-999999999999";

let sites: TestSites;
let before: { readonly a: string; readonly b: string } | undefined;

beforeEach(async () => {
  sites = await twoSites();
  before = undefined;
});

/** From here on nothing may change. */
async function freeze(): Promise<void> {
  before = { a: await contents(sites.a), b: await contents(sites.b) };
}

afterEach(async () => {
  if (before) expect({ a: await contents(sites.a), b: await contents(sites.b) }).toEqual(before);
});

function expectRefused(answer: TestAnswer<unknown>, status: number, code: string, words: string): void {
  expect(answer.status).toBe(status);
  expect(answer.errors[0]).toMatchObject({ status, code: `protector.${code}` });
  expect(answer.errors[0]?.detail).toContain(words);
  expect(answer.errors[0]?.request_id).toBe(answer.headers["x-openstack-request-id"]);
}

const create = (name: unknown, extra: object = {}) =>
  send(sites.a, "protection_groups.create", {
    path: { project_id: sites.a.projectId },
    body: { protection_group: { name, ...extra } as { name: string } },
  });

describe("authentication", () => {
  it.each([
    ["missing", ""],
    ["unknown", "gAAAAAnonsense"],
  ])("refuses a token that is %s as keystonemiddleware does", async (_, token) => {
    await freeze();
    const answer = await send(sites.a, "protection_groups.index", { path: { project_id: sites.a.projectId }, token });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Keystone uri="http://127.0.1.2:5000/v3"');
    expect(answer.body).toEqual({
      error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." },
    });
    expect(answer.headers["x-openstack-request-id"]).toMatch(/^req-[0-9a-f-]{36}$/);
  });

  it("refuses a token that has expired", async () => {
    const token = await sites.a.token("demo");
    await sites.clock.advance(2 * 3600 * 1000);
    await freeze();
    const answer = await send(sites.a, "protection_groups.index", { path: { project_id: sites.a.projectId }, token });
    expect(answer.status).toBe(401);
  });

  it("answers 503 when Keystone does not, and never 401", async () => {
    const token = await sites.a.token("demo");
    sites.world.conditions.inject({ service: "site-a/", fault: { kind: "unreachable" } });
    await freeze();
    const path = { project_id: sites.a.projectId };
    const asked = send(sites.a, "protection_groups.index", { path, token });
    expectRefused(await sites.clock.run(asked), 503, "authentication.unavailable", "Keystone");
  });

  it("refuses a token of another project", async () => {
    await freeze();
    const token = await sites.a.token("stranger");
    const path = { project_id: sites.a.projectId };
    expectRefused(
      await send(sites.a, "protection_groups.index", { path, token }),
      403,
      "project.mismatch",
      sites.a.projectId,
    );
  });

  it("believes no identity header", async () => {
    await freeze();
    const path = { project_id: sites.a.projectId };
    const headers = { "x-roles": "admin", "x-project-id": sites.a.projectId, "x-identity-status": "Confirmed" };
    const token = await sites.a.token("stranger");
    expectRefused(
      await send(sites.a, "protection_groups.index", { path, token, headers }),
      403,
      "project.mismatch",
      sites.a.projectId,
    );
  });

  it("refuses administrators' routes to members, naming the rule", async () => {
    await freeze();
    expectRefused(
      await send(sites.a, "sites.index", { path: {} }),
      403,
      "policy.not_authorized",
      "protector:sites:index",
    );
  });

  it("lets a reader look but not start a failover", async () => {
    const id = await activeGroup(sites);
    const token = await sites.b.token("reader");
    await freeze();
    const path = { project_id: sites.b.projectId, id };
    expect((await send(sites.b, "readiness.show", { path, token })).status).toBe(200);
    const body = { failover: { mode: "planned" as const } };
    const answer = await send(sites.b, "protection_groups.action", { path, token, body });
    expectRefused(answer, 403, "policy.not_authorized", "protector:protection_groups:failover");
  });
});

describe("requests", () => {
  it.each([
    ["protector 1.99", 406, "microversion.unsupported"],
    ["protector two", 400, "microversion.malformed"],
  ])("refuses the microversion %s", async (version, status, code) => {
    await freeze();
    const path = { project_id: sites.a.projectId };
    const headers = { "openstack-api-version": version };
    const answer = await send(sites.a, "protection_groups.index", { path, headers });
    expectRefused(answer, status, code, version.slice("protector ".length));
    if (status === 406) expect(answer.errors[0]).toMatchObject({ min_version: "1.0", max_version: "1.0" });
    expect(answer.headers.vary).toBe("openstack-api-version");
  });

  it("names every field of a body that does not fit", async () => {
    await freeze();
    const answer = await create("", { description: 7, colour: "red" });
    expectRefused(answer, 400, "request.invalid", "protection_group.colour is not known here");
    const fields = answer.errors[0]?.fields?.map(({ field }) => field);
    expect(new Set(fields)).toEqual(
      new Set(["protection_group.name", "protection_group.description", "protection_group.colour"]),
    );
  });

  it.each([
    ["too long", "x".repeat(256)],
    ["blank", "   "],
    ["with a line break", "a\nb"],
    ["with a control character", "a\u0007b"],
    ["with half a surrogate pair", "a\ud800b"],
    ["no text", 7],
  ])("refuses a name that is %s", async (_, name) => {
    await freeze();
    expectRefused(await create(name), 400, "request.invalid", "protection_group.name");
  });

  it.each([
    ["no JSON", "{", "application/json"],
    ["another media type", "name=shop", "application/x-www-form-urlencoded"],
  ])("refuses a body of %s", async (_, payload, type) => {
    await freeze();
    const response = await sites.a.app.inject({
      method: "POST",
      url: `/v1/${sites.a.projectId}/protection-groups`,
      headers: { "x-auth-token": await sites.a.token("demo"), "content-type": type },
      payload,
    });
    expect([response.statusCode, response.json().errors[0].code]).toEqual([400, "protector.request.malformed"]);
  });

  it("refuses a body that is too large", async () => {
    await freeze();
    const answer = await create("x", { description: "y".repeat(120_000) });
    expectRefused(answer, 413, "request.too_large", "larger");
  });

  it.each([
    ["?limit=0", "limit"],
    ["?limit=-1", "limit"],
    ["?limit=many", "limit"],
    ["?sort=colour:asc", "sort"],
    ["?sort=name:up", "sort"],
    ["?colour=red", "colour"],
    ["?created_at=gt:yesterday", "created_at"],
  ])("refuses the query %s", async (query, field) => {
    await freeze();
    const answer = await send(sites.a, "protection_groups.index", { path: { project_id: sites.a.projectId }, query });
    expectRefused(answer, 400, "request.invalid", field);
    expect(answer.errors[0]?.fields?.[0]?.field).toBe(field);
  });

  it("caps a huge limit", async () => {
    const path = { project_id: sites.a.projectId };
    expect((await send(sites.a, "protection_groups.index", { path, query: "?limit=1000000" })).status).toBe(200);
  });

  it("refuses a page marker that is gone", async () => {
    await freeze();
    const path = { project_id: sites.a.projectId };
    const answer = await send(sites.a, "protection_groups.index", { path, query: `?marker=${NOBODY}` });
    expectRefused(answer, 400, "pagination.marker_not_found", NOBODY);
  });

  it("answers unknown paths with 404 and unknown methods with 405 and the methods there are", async () => {
    const [nowhere, patched] = [
      await sites.a.app.inject({ url: "/v1/x/nothing" }),
      await sites.a.app.inject({ method: "PUT", url: `/v1/${sites.a.projectId}/protection-groups` }),
    ];
    expect([nowhere.statusCode, nowhere.json().errors[0].code]).toEqual([404, "protector.request.not_found"]);
    expect([patched.statusCode, patched.headers.allow]).toEqual([405, "GET, POST"]);
    expect(nowhere.headers["x-openstack-request-id"]).toMatch(/^req-/);
  });

  it("says nothing of its inside when it fails", async () => {
    const token = await sites.a.token("demo");
    await sites.a.database.db.schema.dropTable("resource_mappings").execute();
    const answer = await send(sites.a, "mappings.show_defaults", { path: { project_id: sites.a.projectId }, token });
    expectRefused(answer, 500, "internal", "The request failed.");
    expect(JSON.stringify(answer.body)).not.toContain("resource_mappings");
  });
});

describe("changes", () => {
  it("refuses a server that is a member of another group, naming it", async () => {
    const first = await activeGroup(sites, "first");
    const second = await activeGroup(sites, "second");
    const path = { project_id: sites.a.projectId };
    await send(sites.a, "members.create", { path: { ...path, id: first }, body: { member: { server_id: SERVER } } });
    await freeze();
    const answer = await send(sites.a, "members.create", {
      path: { ...path, id: second },
      body: { member: { server_id: SERVER } },
    });
    expectRefused(answer, 409, "member.already_protected", `"first" (${first})`);
  });

  it("refuses a second operation on a group that is held, naming the holder", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    const held = await send(sites.a, "members.create", { path, body: { member: { server_id: SERVER } } });
    await freeze();
    const answer = await send(sites.a, "members.create", { path, body: { member: { server_id: OTHER_SERVER } } });
    expectRefused(answer, 409, "protection_group.busy", held.body.operation.id);
    expect(answer.errors[0]?.operation_id).toBe(held.body.operation.id);
  });

  it("refuses a dependency on what is no member, and a member that others depend on", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    await freeze();
    const member = { server_id: SERVER, depends_on: [NOBODY] };
    expectRefused(
      await send(sites.a, "members.create", { path, body: { member } }),
      400,
      "member.order_dangling",
      NOBODY,
    );
  });

  it("refuses an order with a cycle", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    const first = await addMember(id, SERVER);
    const second = await addMember(id, OTHER_SERVER, [first]);
    await freeze();
    const answer = await send(sites.a, "members.update", {
      path: { ...path, member_id: first },
      body: { member: { depends_on: [second] } },
    });
    expectRefused(answer, 400, "member.order_cycle", "->");
    before = undefined;
    const removed = await send(sites.a, "members.delete", { path: { ...path, member_id: first } });
    expectRefused(removed, 400, "member.order_dangling", second);
  });

  it("refuses a change while the peer's receipt is owed", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    const change = (description: string) =>
      send(sites.a, "protection_groups.update", { path, body: { protection_group: { description } } });
    expect((await change("one")).body.protection_group.sync_status).toBe("OUT OF SYNC");
    await freeze();
    expectRefused(await change("two"), 409, "protection_group.out_of_sync", "generation 3");
    before = undefined;
    await carry(id, sites.a, sites.b);
    expect((await change("two")).status).toBe(200);
  });

  it("refuses a change by somebody who saw an older generation", async () => {
    const id = await activeGroup(sites);
    await freeze();
    const answer = await send(sites.a, "protection_groups.update", {
      path: { project_id: sites.a.projectId, id },
      body: { protection_group: { name: "new", generation: 1 } },
    });
    expectRefused(answer, 409, "generation.conflict", "generation 2");
  });

  it("refuses a change at the site that is not primary, naming the one that is", async () => {
    const id = await activeGroup(sites);
    await freeze();
    const path = { project_id: sites.b.projectId, id };
    const body = { protection_group: { name: "new" } };
    const answer = await send(sites.b, "protection_groups.update", { path, body });
    expectRefused(answer, 409, "protection_group.not_primary", `"site-a" (${sites.a.siteId})`);
  });

  it("refuses a change while the peer does not answer, in the words of the documentation", async () => {
    const id = await activeGroup(sites);
    const changes = {
      reachability: "unreachable" as const,
      reachability_reason: "no answer from http://127.0.9.9:8788",
    };
    await sites.a.database.db.updateTable("sites").set(changes).where("is_local", "=", 0).execute();
    await freeze();
    const path = { project_id: sites.a.projectId, id };
    const answer = await send(sites.a, "members.create", { path, body: { member: { server_id: SERVER } } });
    expectRefused(answer, 409, "peer.unreachable", "no answer");
    expect(answer.errors[0]?.detail).toMatch(/^Cannot modify protection group - remote site unreachable/);
    expect((await create("new")).errors[0]?.code).toBe("protector.peer.unreachable");
  });

  it("refuses a name that another group of the project has", async () => {
    await activeGroup(sites);
    await freeze();
    expectRefused(await create("shop"), 409, "protection_group.name_exists", "shop");
  });

  it("refuses members before there is a policy", async () => {
    const { id } = (await create("bare")).body.protection_group;
    await freeze();
    const path = { project_id: sites.a.projectId, id };
    const answer = await send(sites.a, "members.create", { path, body: { member: { server_id: SERVER } } });
    expectRefused(answer, 409, "protection_group.no_policy", "bare");
  });

  it("refuses arrays outside the networks, unknown backends and half an array", async () => {
    const { id } = (await create("bare")).body.protection_group;
    await carry(id, sites.a, sites.b);
    await freeze();
    const path = { project_id: sites.a.projectId, id };
    const set = (policy: object) => send(sites.a, "policies.create", { path, body: { policy } });
    const array = { primary_fa_url: "https://169.254.169.254", primary_fa_api_token: "x".repeat(36) };
    const other = { secondary_fa_url: "https://127.0.2.1", secondary_fa_api_token: "x".repeat(36) };
    expectRefused(await set({ ...array, ...other }), 400, "policy.array_refused", "169.254.169.254");
    expectRefused(await set({ primary_backend: "pure1", ...other }), 400, "policy.backend_unknown", "pure1");
    expectRefused(
      await set({ primary_fa_url: "https://127.0.1.1" }),
      400,
      "request.invalid",
      "policy.primary_fa_api_token",
    );
  });

  it("refuses a verb that is not for the operation's status, and a rollback past the point of no return", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId };
    const { operation } = (
      await send(sites.a, "protection_groups.action", { path: { ...path, id }, body: { sync: {} } })
    ).body;
    const ask = (body: object) => send(sites.a, "operations.action", { path: { ...path, id: operation.id }, body });
    const set = (changes: object) =>
      sites.a.database.db.updateTable("dr_operations").set(changes).where("id", "=", operation.id).execute();
    await freeze();
    expectRefused(await ask({ retry: {} }), 409, "operation.wrong_status", "pending");
    before = undefined;
    await set({ status: "failed", is_past_no_return: 1 });
    await freeze();
    expectRefused(await ask({ rollback: {} }), 409, "operation.past_no_return", operation.id);
    before = undefined;
    expect((await ask({ resume: {} })).body.operation.verbs).toEqual([]);
    await freeze();
    expectRefused(await ask({ retry: {} }), 409, "operation.wrong_status", "waiting for the engine");
  });
});

async function addMember(id: string, serverId: string, depends_on: string[] = []): Promise<string> {
  const { a, b } = sites;
  const path = { project_id: a.projectId, id };
  const added = await send(a, "members.create", { path, body: { member: { server_id: serverId, depends_on } } });
  await a.database.db.updateTable("pg_members").set({ status: "protected" }).execute();
  await finishOperation(a, id);
  const { raiseGeneration } = await import("../domain/generations.ts");
  await raiseGeneration(a.database.db, { groupId: id, localSiteId: a.siteId, now: sites.clock.now() });
  await carry(id, a, b);
  return added.body.member.id;
}

describe("documents", () => {
  async function delivered(change: (document: SyncDocument) => SyncDocument, path: object = {}) {
    const id = await activeGroup(sites);
    await send(sites.a, "protection_groups.update", {
      path: { project_id: sites.a.projectId, id },
      body: { protection_group: { description: "newer" } },
    });
    const { body } = await send(sites.a, "sync.document", { path: { project_id: sites.a.projectId, id } });
    await freeze();
    return send(sites.b, "sync.update", { path: { project_id: sites.b.projectId, id, ...path }, body: change(body) });
  }

  it("are refused when they were changed on the way", async () => {
    const answer = await delivered((document) => ({ ...document, decided: { ...document.decided, name: "stolen" } }));
    expectRefused(answer, 403, "sync.untrusted", "not signed");
  });

  it("are refused when the signature was", async () => {
    const answer = await delivered((document) => ({ ...document, signature: `A${document.signature.slice(1)}` }));
    expectRefused(answer, 403, "sync.untrusted", "not signed");
  });

  it("are refused when a site made them that is not registered", async () => {
    const answer = await delivered((document) => ({ ...document, site_id: NOBODY }));
    expectRefused(answer, 403, "sync.untrusted", "no registered peer");
  });

  it("are refused under the id of another group", async () => {
    const answer = await delivered((document) => document, { id: NOBODY });
    expectRefused(answer, 403, "sync.untrusted", NOBODY);
  });

  it("are refused for a project that is not the mapped one", async () => {
    const id = await activeGroup(sites);
    const { body } = await send(sites.a, "sync.document", { path: { project_id: sites.a.projectId, id } });
    const mapping = { peer_project_id: "somewhere-else" };
    await sites.b.database.db.updateTable("tenant_mappings").set(mapping).execute();
    await freeze();
    const answer = await send(sites.b, "sync.update", { path: { project_id: sites.b.projectId, id }, body });
    expectRefused(answer, 403, "sync.untrusted", "mapped to somewhere-else");
  });

  it("are refused when they are older, and in conflict when a restored database made another of the same generation", async () => {
    const { a, b } = sites;
    const id = await activeGroup(sites);
    const [here, there] = [
      { project_id: a.projectId, id },
      { project_id: b.projectId, id },
    ];
    const old = (await send(a, "sync.document", { path: here })).body;
    const describe = (description: string) =>
      send(a, "protection_groups.update", { path: here, body: { protection_group: { description } } });
    await describe("one");
    await carry(id, a, b);
    const restored = {
      generation: 2,
      peer_generation: 2,
      digest: old.digest,
      peer_digest: old.digest,
      description: "",
    };
    await a.database.db.updateTable("protection_groups").set(restored).execute();
    await describe("another");
    const rival = (await send(a, "sync.document", { path: here })).body;
    await freeze();
    expectRefused(await send(b, "sync.update", { path: there, body: old }), 409, "sync.stale", "generation 2");
    expectRefused(await send(b, "sync.update", { path: there, body: rival }), 409, "sync.conflict", "generation 3");
    before = undefined;
    const body = { document: rival, reason: "site A was restored from its backup" };
    expect((await send(b, "sync.force", { path: there, body })).status).toBe(200);
    const shown = await send(b, "protection_groups.show", { path: there });
    expect(shown.body.protection_group.description).toBe("another");
    const events = await b.database.db
      .selectFrom("audit_events")
      .selectAll()
      .where("action", "=", "sync.force")
      .execute();
    expect(events[0]?.detail).toContain('"description":"one"');
  });

  it("do not change a group that an operation holds here", async () => {
    const { a, b } = sites;
    const id = await activeGroup(sites);
    const there = { project_id: b.projectId, id };
    const started = await send(b, "protection_groups.action", { path: there, body: { failover: { mode: "planned" } } });
    await send(a, "protection_groups.update", {
      path: { project_id: a.projectId, id },
      body: { protection_group: { description: "meanwhile" } },
    });
    const { body } = await send(a, "sync.document", { path: { project_id: a.projectId, id } });
    await freeze();
    const answer = await send(b, "sync.update", { path: there, body });
    expectRefused(answer, 409, "protection_group.busy", started.body.operation.id);
  });

  it("have their receipts refused when another site signed them", async () => {
    const { a } = sites;
    const id = await activeGroup(sites);
    const { body: document } = await send(a, "sync.document", { path: { project_id: a.projectId, id } });
    const receipt = {
      format: 1 as const,
      site_id: sites.b.siteId,
      protection_group_id: id,
      epoch: document.epoch,
      generation: document.generation,
      digest: document.digest,
      issued_at: document.issued_at,
      signature: document.signature,
    };
    await freeze();
    const answer = await send(a, "sync.receipt", { path: { project_id: a.projectId, id }, body: receipt });
    expectRefused(answer, 403, "sync.untrusted", "not signed");
  });
});
