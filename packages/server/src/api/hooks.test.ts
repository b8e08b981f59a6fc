import type { Hook } from "@protector/contract";
import { describe, expect, it } from "vitest";
import { raiseGeneration } from "../domain/generations.ts";
import { activeGroup, carry, finishOperation, send } from "./testing.ts";
import { expectRefused, twoSitesThatStay } from "./testing-refusals.ts";

const SERVER = "11111111-1111-4111-8111-111111111111";
const NOBODY = "99999999-9999-4999-8999-999999999999";
const HOOK: Hook = {
  when: "before",
  of: "plan",
  tier: null,
  member_id: null,
  url: "https://hooks.example.com/dr",
  undo_url: null,
  timeout_seconds: 30,
  retries: 2,
  on_failure: "stop",
  in_tests: false,
};

const { freeze, thaw, sites } = twoSitesThatStay();

describe("hooks", () => {
  it("are kept in their order, and known at the other site with the next document", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    const hooks = [HOOK, { ...HOOK, when: "after" as const, on_failure: "continue" as const }];
    expect((await send(sites.a, "hooks.update", { path, body: { hooks } })).body).toEqual({ hooks });
    await carry(id, sites.a, sites.b);
    const there = { project_id: sites.b.projectId, id };
    expect((await send(sites.b, "hooks.show", { path: there })).body).toEqual({ hooks });
    const gone = await send(sites.a, "hooks.update", { path, body: { hooks: [] } });
    expect(gone.body).toEqual({ hooks: [] });
  });

  it("are refused when they name what is not there, or go where none may", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    await freeze();
    const refused = async (hook: Partial<Hook>) =>
      send(sites.a, "hooks.update", { path, body: { hooks: [{ ...HOOK, ...hook }] } });
    expectRefused(await refused({ of: "tier", tier: 7 }), 400, "hook.dangling", "tier 7");
    expectRefused(await refused({ of: "member", member_id: NOBODY }), 400, "hook.dangling", NOBODY);
    expectRefused(await refused({ tier: 0 }), 400, "hook.invalid", "is not of a tier");
    expectRefused(await refused({ of: "cleanup" }), 400, "hook.invalid", "in_tests is false");
    const undone = { of: "cleanup", in_tests: true, undo_url: "https://hooks.example.com/undo" } as const;
    expectRefused(await refused(undone), 400, "hook.invalid", "never taken back");
    expectRefused(await refused({ undo_url: "https://127.0.0.1/x" }), 400, "hook.url_refused", "127.0.0.1");
    for (const url of [
      "https://127.0.0.1/x",
      "https://169.254.169.254/latest",
      "https://me:secret@hooks.example.com/",
    ]) {
      const answer = await refused({ url });
      expectRefused(answer, 400, "hook.url_refused", "[hooks] networks");
      expect(JSON.stringify(answer)).not.toContain("secret");
    }
    expectRefused(await refused({ url: "http://hooks.example.com/" }), 400, "request.invalid", "url");
  });

  it("keep the member that they name from being removed", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.a.projectId, id };
    const made = await send(sites.a, "members.create", { path, body: { member: { server_id: SERVER } } });
    const { database, siteId } = sites.a;
    await database.db.updateTable("pg_members").set({ status: "protected" }).execute();
    await finishOperation(sites.a, id);
    await raiseGeneration(database.db, { groupId: id, localSiteId: siteId, now: sites.clock.now() });
    await carry(id, sites.a, sites.b);
    const member_id = made.body.member.id;
    const hooks = [{ ...HOOK, of: "member" as const, member_id }];
    expect((await send(sites.a, "hooks.update", { path, body: { hooks } })).status).toBe(200);
    await carry(id, sites.a, sites.b);
    await freeze();
    const answer = await send(sites.a, "members.delete", { path: { ...path, member_id } });
    expectRefused(answer, 400, "hook.dangling", "Hook 1");
    await thaw();
  });
});
