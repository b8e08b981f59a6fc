import { beforeEach, describe, expect, it } from "vitest";
import { activeGroup, send, type TestSites, twoSites } from "../api/testing.ts";

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
});
