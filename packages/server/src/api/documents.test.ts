import type { SyncDocument } from "@protector/contract";
import { describe, expect, it } from "vitest";
import { activeGroup, carry, send } from "./testing.ts";
import { expectRefused, twoSitesThatStay } from "./testing-refusals.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

const { freeze, thaw, sites } = twoSitesThatStay();

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
    await thaw();
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

  it("of the same decisions never bring back a state older than the one known", async () => {
    const { a, b } = sites;
    const id = await activeGroup(sites);
    const there = { project_id: b.projectId, id };
    const old = (await send(a, "sync.document", { path: { project_id: a.projectId, id } })).body;
    await sites.clock.advance(1000);
    await a.database.db
      .updateTable("protection_groups")
      .set({ protection: "protected", protection_reason: null })
      .execute();
    await carry(id, a, b);
    expect((await send(b, "sync.update", { path: there, body: old })).status).toBe(200);
    const shown = await send(b, "protection_groups.show", { path: there });
    expect(shown.body.protection_group.protection).toBe("protected");
  });
});
