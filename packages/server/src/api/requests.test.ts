import { describe, expect, it } from "vitest";
import { activeGroup, send } from "./testing.ts";
import { expectRefused, twoSitesThatStay } from "./testing-refusals.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

const { create, freeze, sites } = twoSitesThatStay();

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
