import { describe, expect, it } from "vitest";
import { activeGroup, carry, finishOperation, send } from "./testing.ts";
import { expectRefused, twoSitesThatStay } from "./testing-refusals.ts";

const SERVER = "11111111-1111-4111-8111-111111111111";
const OTHER_SERVER = "22222222-2222-4222-8222-222222222222";
const NOBODY = "99999999-9999-4999-8999-999999999999";

const { create, freeze, thaw, sites } = twoSitesThatStay();

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
    await thaw();
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
    await thaw();
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
    await thaw();
    await set({ status: "failed", is_past_no_return: 1 });
    await freeze();
    expectRefused(await ask({ rollback: {} }), 409, "operation.past_no_return", operation.id);
    await thaw();
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
