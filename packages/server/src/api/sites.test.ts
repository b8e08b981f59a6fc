import { describe, expect, it } from "vitest";
import { activeGroup, contents, send } from "./testing.ts";
import { expectRefused, twoSitesThatStay } from "./testing-refusals.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

const { freeze, sites } = twoSitesThatStay();

async function identityOf(site: "a" | "b") {
  const { body } = await send(sites[site], "versions.show", { path: {}, token: "" });
  if (!body.site) throw new Error("no identity");
  return body.site;
}

describe("registered sites", () => {
  it("never show a password, which can be replaced and leaves no copy behind", async () => {
    const { a, b } = sites;
    const token = await a.token("admin");
    const path = { id: b.siteId };
    const secretsBefore = await a.database.db.selectFrom("secrets").select("id").execute();
    const changed = await send(a, "sites.update", { path, token, body: { site: { password: "another-word" } } });
    expect(changed.status).toBe(200);
    expect(JSON.stringify(changed.body)).not.toContain("another-word");
    expect(await contents(a)).not.toContain("another-word");
    expect(await a.database.db.selectFrom("secrets").select("id").execute()).toHaveLength(secretsBefore.length);
  });

  it("refuse the same id twice and the name of another", async () => {
    const token = await sites.a.token("admin");
    const { region: _, ...identity } = await identityOf("b");
    const site = { ...identity, name: "again", auth_url: "http://x:5000", api_url: "http://x:8788" };
    await freeze();
    expectRefused(
      await send(sites.a, "sites.create", { path: {}, token, body: { site } }),
      409,
      "site.exists",
      site.id,
    );
    const renamed = { ...site, id: NOBODY, name: "site-b" };
    const answer = await send(sites.a, "sites.create", { path: {}, token, body: { site: renamed } });
    expectRefused(answer, 409, "site.exists", "site-b");
  });

  it("describe this site itself under its own id, with its own keys only", async () => {
    const token = await sites.a.token("admin");
    const { region: _, ...identity } = await identityOf("a");
    const site = { ...identity, name: "home", auth_url: "http://a:5000/v3", api_url: "http://a:8788/" };
    const described = await send(sites.a, "sites.create", { path: {}, token, body: { site } });
    expect(described.body.site).toMatchObject({ is_local: true, name: "home", api_url: "http://a:8788" });
    const { signing_public_key } = await identityOf("b");
    await freeze();
    const forged = { ...site, signing_public_key };
    const answer = await send(sites.a, "sites.create", { path: {}, token, body: { site: forged } });
    expectRefused(answer, 403, "sync.untrusted", identity.id);
  });

  it("cannot be forgotten while a tenant mapping or a group uses them", async () => {
    const { a, b } = sites;
    await activeGroup(sites);
    const token = await a.token("admin");
    const [mapping] = (await send(a, "tenant_mappings.index", { path: {}, token })).body.tenant_mappings;
    await freeze();
    expectRefused(await send(a, "sites.delete", { path: { id: b.siteId }, token }), 409, "site.in_use", b.siteId);
    expectRefused(await send(a, "sites.delete", { path: { id: a.siteId }, token }), 409, "site.in_use", "this site");
    const unmapped = await send(a, "tenant_mappings.delete", { path: { id: mapping?.id ?? "" }, token });
    expectRefused(unmapped, 409, "site.in_use", "shop");
  });

  it("are validated by the engine when asked", async () => {
    const { a, b } = sites;
    const token = await a.token("admin");
    const asked = await send(a, "sites.validate", { path: { id: b.siteId }, token });
    expect(asked.body.site.validation.status).toBe("requested");
    const row = await a.database.db
      .selectFrom("sites")
      .selectAll()
      .where("id", "=", b.siteId)
      .executeTakeFirstOrThrow();
    expect(row.validation_requested_at).not.toBeNull();
  });

  it("are shown to members as far as a client needs them", async () => {
    const { a } = sites;
    const list = await send(a, "site_summaries.index", { path: { project_id: a.projectId } });
    expect(list.body.sites.map(({ name }) => name).sort()).toEqual(["site-a", "site-b"]);
    expect(JSON.stringify(list.body)).not.toContain("username");
  });

  it("map a project once", async () => {
    const { a, b } = sites;
    const token = await a.token("admin");
    const tenant_mapping = { site_id: b.siteId, local_project_id: a.projectId, peer_project_id: "elsewhere" };
    await freeze();
    const answer = await send(a, "tenant_mappings.create", { path: {}, token, body: { tenant_mapping } });
    expectRefused(answer, 409, "tenant_mapping.exists", a.projectId);
  });
});

describe("the audit", () => {
  it("holds every change with who made it, and no token", async () => {
    await activeGroup(sites);
    const events = await sites.a.database.db.selectFrom("audit_events").selectAll().orderBy("at").execute();
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["sites.create", "tenant_mappings.create", "protection_groups.create", "policies.create"]),
    );
    expect(events.every(({ user_id, request_id }) => user_id !== null && request_id?.startsWith("req-"))).toBe(true);
    expect(JSON.stringify(events)).not.toMatch(/token-of-array|labadmin/);
  });
});

describe("the service itself", () => {
  it("gives the versions at three paths without a token", async () => {
    for (const url of ["/", "/v1", "/v1/"]) {
      const answer = await sites.a.app.inject({ url });
      expect([answer.statusCode, answer.json().versions[0].id], url).toEqual([200, "v1.0"]);
    }
  });

  it("answers load balancers as oslo.middleware does", async () => {
    const text = await sites.a.app.inject({ url: "/healthcheck" });
    const json = await sites.a.app.inject({ url: "/healthcheck", headers: { accept: "application/json" } });
    const head = await sites.a.app.inject({ url: "/healthcheck", method: "HEAD" });
    expect([text.statusCode, text.body, json.json(), head.statusCode]).toEqual([
      200,
      "OK",
      { detailed: false, reasons: ["OK"] },
      204,
    ]);
  });

  it("describes itself in OpenAPI, and answers damaged paths in its own form", async () => {
    expect((await sites.a.app.inject({ url: "/openapi.json" })).json().openapi).toBe("3.1.0");
    const damaged = await sites.a.app.inject({ url: "/v1/%zz/operations" });
    expect([damaged.statusCode, damaged.json().errors[0].code]).toEqual([404, "protector.request.not_found"]);
    expect(damaged.headers["x-openstack-request-id"]).toMatch(/^req-/);
  });
});
