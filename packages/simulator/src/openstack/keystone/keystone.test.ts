import { expect, test } from "vitest";
import { KEYSTONE, NOVA, type TestWorld, testWorld } from "../testing.ts";

async function trustFor(world: TestWorld, roles: readonly string[]) {
  const { a, call } = world;
  const trust = {
    trustor_user_id: a.tenant.user.id,
    trustee_user_id: a.tenant.basics.serviceUser.id,
    project_id: a.tenant.project.id,
    impersonation: true,
    roles: roles.map((name) => ({ name })),
  };
  return call(`POST ${KEYSTONE}/OS-TRUST/trusts`, a.member, { trust });
}

const trustScope = (trustId: string) => ({
  auth: {
    identity: {
      methods: ["password"],
      password: { user: { name: "protector", password: "labsvc", domain: { id: "default" } } },
    },
    scope: { "OS-TRUST:trust": { id: trustId } },
  },
});

test("a wrong password is a 401 with Keystone's body", async () => {
  const { call } = await testWorld();
  const user = { name: "demo", password: "wrong", domain: { id: "default" } };
  const answer = await call(`POST ${KEYSTONE}/auth/tokens`, "", {
    auth: { identity: { methods: ["password"], password: { user } } },
  });
  expect(answer.status).toBe(401);
  expect(answer.body.error).toEqual({
    code: 401,
    message: "The request you have made requires authentication.",
    title: "Unauthorized",
  });
});

test("the catalog fills the project into endpoint templates", async () => {
  const { call, a } = await testWorld();
  const service = await call(`POST ${KEYSTONE}/services`, a.admin, {
    service: { type: "protector", name: "protector" },
  });
  const url = "http://127.0.0.11:8788/v1/%(tenant_id)s";
  const endpoint = { service_id: service.body.service.id, interface: "public", region: "RegionOne", url };
  expect((await call(`POST ${KEYSTONE}/endpoints`, a.admin, { endpoint })).status).toBe(201);
  const { body } = await call(`GET ${KEYSTONE}/auth/catalog`, a.member);
  const entry = body.catalog.find(({ type }) => type === "protector");
  expect(entry?.endpoints[0].url).toBe(`http://127.0.0.11:8788/v1/${a.tenant.project.id}`);
});

test("a member validates no token but its own and learns nothing of others' roles", async () => {
  const { call, a } = await testWorld();
  const own = await call(`GET ${KEYSTONE}/auth/tokens`, a.member, undefined, { "x-subject-token": a.member });
  expect(own.body.token.roles.map(({ name }) => name)).toEqual(["member", "reader"]);
  const other = await call(`GET ${KEYSTONE}/auth/tokens`, a.member, undefined, { "x-subject-token": a.admin });
  expect(other.status).toBe(403);
  expect((await call(`GET ${KEYSTONE}/role_assignments`, a.member)).status).toBe(403);
});

test("an expired token is refused everywhere and shown only with allow_expired", async () => {
  const { call, clock, token, a } = await testWorld();
  await clock.advance(3_600_001);
  const admin = await token(a.cloud, { name: "admin", password: "labadmin", project: "admin" });
  expect((await call(`GET ${NOVA}/servers`, a.member)).status).toBe(401);
  const subject = { "x-subject-token": a.member };
  expect((await call(`GET ${KEYSTONE}/auth/tokens`, admin, undefined, subject)).status).toBe(404);
  expect((await call(`GET ${KEYSTONE}/auth/tokens?allow_expired=1`, admin, undefined, subject)).status).toBe(200);
});

test("a revoked token is refused", async () => {
  const { call, a } = await testWorld();
  const subject = { "x-subject-token": a.member };
  expect((await call(`DELETE ${KEYSTONE}/auth/tokens`, a.member, undefined, subject)).status).toBe(204);
  expect((await call(`GET ${NOVA}/servers`, a.member)).status).toBe(401);
});

test("a new password voids the user's tokens, those of the same second too; one of the next second is good", async () => {
  const { call, clock, token, a } = await testWorld();
  const admin = await token(a.cloud, { name: "admin", password: "labadmin", project: "admin" });
  const logIn = () => token(a.cloud, { name: "demo", password: "labdemo", project: "demo" });
  const status = async (value: string) => (await call(`GET ${NOVA}/servers`, value)).status;
  const change = { user: { password: "labdemo" } };
  expect((await call(`PATCH ${KEYSTONE}/users/${a.tenant.user.id}`, admin, change)).status).toBe(200);
  await clock.advance(200);
  const sameSecond = await logIn();
  expect([await status(a.member), await status(sameSecond)]).toEqual([401, 401]);
  await clock.advance(1000);
  expect(await status(await logIn())).toBe(200);
});

test("a trust yields a token of the trustor in the project", async () => {
  const world = await testWorld();
  const { body } = await trustFor(world, ["member"]);
  const answer = await world.call(`POST ${KEYSTONE}/auth/tokens`, "", trustScope(body.trust.id));
  expect(answer.status).toBe(201);
  expect(answer.body.token.user.id).toBe(world.a.tenant.user.id);
  expect(answer.body.token["OS-TRUST:trust"].trustee_user.id).toBe(world.a.tenant.basics.serviceUser.id);
  expect((await world.call(`GET ${NOVA}/servers`, answer.headers["x-subject-token"] ?? "")).body.servers).toHaveLength(
    3,
  );
});

test("an unknown role name fails the whole trust and so does a role that the trustor has not", async () => {
  const world = await testWorld();
  expect((await trustFor(world, ["member", "_member_"])).status).toBe(404);
  expect((await trustFor(world, ["admin"])).status).toBe(404);
  expect(world.a.cloud.identity.trusts.size).toBe(0);
});

test("neither a trust's token nor a restricted application credential makes trusts", async () => {
  const world = await testWorld();
  const { call, a } = world;
  const { body } = await trustFor(world, ["member"]);
  const scoped = await call(`POST ${KEYSTONE}/auth/tokens`, "", trustScope(body.trust.id));
  const member = scoped.headers["x-subject-token"] ?? "";
  expect((await trustFor({ ...world, a: { ...a, member } }, ["member"])).status).toBe(403);
  const wanted = { application_credential: { name: "ci", secret: "s3" } };
  const made = await call(`POST ${KEYSTONE}/users/${a.tenant.user.id}/application_credentials`, a.member, wanted);
  const { id } = made.body.application_credential;
  const identity = { methods: ["application_credential"], application_credential: { id, secret: "s3" } };
  const credential = await call(`POST ${KEYSTONE}/auth/tokens`, "", { auth: { identity } });
  expect(credential.status).toBe(201);
  const byCredential = { ...world, a: { ...a, member: credential.headers["x-subject-token"] ?? "" } };
  expect((await trustFor(byCredential, ["member"])).status).toBe(403);
});

test("a trust is dead once its trustor lost the role or is disabled", async () => {
  const world = await testWorld();
  const { call, a } = world;
  const { identity } = a.cloud;
  const { body } = await trustFor(world, ["member"]);
  const scoped = await call(`POST ${KEYSTONE}/auth/tokens`, "", trustScope(body.trust.id));
  const role = identity.roleNamed("member")?.id ?? "";
  identity.ungrant(a.tenant.user.id, a.tenant.project.id, role);
  expect((await call(`POST ${KEYSTONE}/auth/tokens`, "", trustScope(body.trust.id))).status).toBe(403);
  expect((await call(`GET ${NOVA}/servers`, scoped.headers["x-subject-token"] ?? "")).status).toBe(401);
  identity.grant(a.tenant.user.id, a.tenant.project.id, role);
  a.tenant.user.isEnabled = false;
  expect((await call(`POST ${KEYSTONE}/auth/tokens`, "", trustScope(body.trust.id))).status).toBe(403);
});

test("an application credential with access rules reaches only what they name", async () => {
  const { call, a } = await testWorld();
  const access_rules = [{ service: "compute", method: "GET", path: "/v2.1/servers/*" }];
  const wanted = { application_credential: { name: "narrow", secret: "s3", access_rules } };
  const made = await call(`POST ${KEYSTONE}/users/${a.tenant.user.id}/application_credentials`, a.member, wanted);
  const identity = {
    methods: ["application_credential"],
    application_credential: { id: made.body.application_credential.id, secret: "s3" },
  };
  const answer = await call(`POST ${KEYSTONE}/auth/tokens`, "", { auth: { identity } });
  const token = answer.headers["x-subject-token"] ?? "";
  expect((await call(`GET ${NOVA}/servers/${a.threeTier.web.server.id}`, token)).status).toBe(200);
  expect((await call(`GET ${NOVA}/servers`, token)).status).toBe(401);
  expect((await call(`DELETE ${NOVA}/servers/${a.threeTier.web.server.id}`, token)).status).toBe(401);
});
