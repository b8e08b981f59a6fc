import { connectCloud } from "@protector/openstack";
import { beforeEach, describe, expect, it } from "vitest";
import { activeGroup, send, type TestSites, twoSites } from "../api/testing.ts";
import { Trusts } from "./trusts.ts";

let sites: TestSites;
beforeEach(async () => {
  sites = await twoSites();
});

/** A token of an application credential of the user `demo`. */
async function applicationToken(): Promise<string> {
  const { a, world } = sites;
  const cloud = world.cloud("site-a");
  const token = await a.token("demo");
  const user = cloud.identity.userNamed("demo", "default");
  const call = async (path: string, body: object, headers: Record<string, string>) =>
    world.transport({
      method: "POST",
      url: `${cloud.authUrl}${path}`,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      timeoutMs: 1000,
    });
  const made = await call(
    `/users/${user?.id}/application_credentials`,
    { application_credential: { name: "robot" } },
    { "x-auth-token": token },
  );
  const { id, secret } = JSON.parse(made.body).application_credential;
  const auth = { identity: { methods: ["application_credential"], application_credential: { id, secret } } };
  const answer = await call("/auth/tokens", { auth }, {});
  return answer.headers["x-subject-token"] ?? "";
}

describe("trusts", () => {
  it("are made once per user, with the roles that he has of those configured", async () => {
    await activeGroup(sites);
    const path = { project_id: sites.a.projectId };
    await send(sites.a, "protection_groups.create", { path, body: { protection_group: { name: "second" } } });
    const rows = await sites.a.database.db.selectFrom("trusts").selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(rows[0]?.roles).toBe('["member"]');
    const known = sites.world.cloud("site-a").identity.trusts;
    expect([...known.keys()]).toEqual([rows[0]?.trust_id]);
  });

  it("are asked for from a person first, then anybody of the project may go on with an application credential", async () => {
    const path = { project_id: sites.a.projectId };
    const token = await applicationToken();
    const create = (name: string, with_: { readonly token?: string }) =>
      send(sites.a, "protection_groups.create", { path, body: { protection_group: { name } }, ...with_ });
    const refused = await create("first", { token });
    expect(refused.status).toBe(403);
    expect(refused.errors[0]).toMatchObject({ code: "protector.trust.login_required" });
    expect(refused.errors[0]?.detail).toContain("the token is of an application credential");
    expect(await sites.a.database.db.selectFrom("protection_groups").selectAll().execute()).toEqual([]);
    expect((await create("second", {})).status).toBe(201);
    expect((await create("third", { token })).status).toBe(201);
  });

  it("are not made for a reader, who has none of the roles", async () => {
    const token = await sites.a.token("reader");
    const path = { project_id: sites.a.projectId };
    const body = { protection_group: { name: "x" } };
    const answer = await send(sites.a, "protection_groups.create", { path, body, token });
    expect(answer.errors[0]?.code).toBe("protector.trust.login_required");
    expect(answer.errors[0]?.detail).toContain("member, _member_");
  });

  it("whose answer is lost are ended at once, or written down where Keystone goes on being silent", async () => {
    const { a, world, clock } = sites;
    const { authUrl, identity, region } = world.cloud("site-a");
    const user = identity.userNamed("demo", "default");
    const trustee = identity.userNamed("protector", "default");
    const caller = {
      userId: user?.id ?? "",
      userName: "demo",
      projectId: a.projectId,
      roles: ["member"],
      canDelegate: true,
      token: await a.token("demo"),
    };
    const trusts = new Trusts({
      database: a.database,
      clock,
      random: world.random,
      defaultRoles: ["member"],
      trustee: async () => trustee?.id ?? "",
      asCaller: (token, projectId) =>
        connectCloud(
          { authUrl, region, credential: { kind: "token", token, scope: { kind: "project_by_id", projectId } } },
          { transport: world.transport, clock, random: world.random },
        ),
    });
    const ensure = () => clock.run(trusts.ensure(caller, a.projectId, "req-1"));
    const rows = () => a.database.db.selectFrom("trusts").select(["trust_id", "state"]).execute();
    const known = identity.trusts;
    const lost = { service: "site-a/keystone", path: /OS-TRUST/, fault: { kind: "lost_answer" } } as const;
    world.conditions.inject({ ...lost, method: "POST", times: 1 });
    await expect(ensure()).rejects.toMatchObject({ code: "authentication.unavailable" });
    expect([[...known.keys()], await rows()]).toEqual([[], []]);
    const end = world.conditions.inject({ ...lost, skip: 1 });
    await expect(ensure()).rejects.toMatchObject({ code: "authentication.unavailable" });
    end();
    expect([known.size, await rows()]).toEqual([1, [{ trust_id: null, state: "making" }]]);
    await ensure();
    expect((await rows()).map(({ state }) => state).sort()).toEqual(["made", "making"]);
  });

  it("are made anew for a user whose trust Keystone has lost, or whose end has begun", async () => {
    const { a, world } = sites;
    await activeGroup(sites);
    const path = { project_id: a.projectId };
    const { db } = a.database;
    const known = world.cloud("site-a").identity.trusts;
    for (const change of [{ is_usable: 0 }, { state: "ending" }] as const) {
      const before = known.size;
      await db
        .updateTable("trusts")
        .set({ ...change, needed_at: "2026-01-01 00:00:00.000000" })
        .execute();
      const name = `after-${before}`;
      await send(a, "protection_groups.create", { path, body: { protection_group: { name } } });
      expect(known.size).toBe(before + 1);
    }
  });
});
