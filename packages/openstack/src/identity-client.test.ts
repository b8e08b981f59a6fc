import { expect, test } from "vitest";
import { bodyOf, scriptedCloud, tokenBody } from "./testing/scripted-transport.ts";

const KEYSTONE = "http://controller:5000/v3";

test("a token is validated with our own, an expired one when asked", async () => {
  const body = tokenBody({
    "OS-TRUST:trust": { id: "t-1", trustor_user: { id: "u-9" }, trustee_user: { id: "u-1" }, impersonation: true },
    application_credential: {
      id: "ac-1",
      name: "ac",
      restricted: true,
      access_rules: [{ id: "x", service: "protector", method: "GET", path: "/v1/**" }],
    },
  });
  const scripted = scriptedCloud({
    [`GET ${KEYSTONE}/auth/tokens?allow_expired=1`]: { body },
    [`GET ${KEYSTONE}/auth/tokens`]: {
      status: 404,
      body: { error: { code: 404, message: "Could not find token: gone.", title: "Not Found" } },
    },
  });
  const { identity } = scripted.cloud;
  expect(await scripted.run(identity.validateToken("gone"))).toBeUndefined();
  const token = await scripted.run(identity.validateToken("theirs", { allowExpired: true }));
  expect(token).toMatchObject({
    trustId: "t-1",
    projectDomainId: "default",
    isSystemScoped: false,
    applicationCredential: {
      id: "ac-1",
      isRestricted: true,
      accessRules: [{ service: "protector", method: "GET", path: "/v1/**" }],
    },
  });
  const [call] = scripted.sentTo(`GET ${KEYSTONE}/auth/tokens?allow_expired=1`);
  expect(call?.headers).toMatchObject({
    "x-auth-token": "token-1",
    "x-subject-token": "theirs",
    "openstack-identity-access-rules": "1.0",
  });
});

test("a trust is created by role names", async () => {
  const scripted = scriptedCloud({
    [`POST ${KEYSTONE}/OS-TRUST/trusts`]: { status: 201, body: { trust: { id: "t-1", roles: [], expires_at: null } } },
  });
  const request = { trustorUserId: "u-9", trusteeUserId: "u-1", projectId: "p-9", roleNames: ["member"] };
  expect(await scripted.run(scripted.cloud.identity.createTrust(request))).toEqual({ id: "t-1" });
  expect(bodyOf(scripted, `POST ${KEYSTONE}/OS-TRUST/trusts`)).toEqual({
    trust: {
      trustor_user_id: "u-9",
      trustee_user_id: "u-1",
      project_id: "p-9",
      impersonation: true,
      allow_redelegation: false,
      roles: [{ name: "member" }],
    },
  });
});

test("roles are read with those of groups, and given by name", async () => {
  const assignments = "user.id=u-9&scope.project.id=p-9&effective=true&include_names=true";
  const assignment = { role: { id: "r-1", name: "member" }, scope: { project: { id: "p-9" } }, user: { id: "u-9" } };
  const scripted = scriptedCloud({
    [`GET ${KEYSTONE}/role_assignments?${assignments}`]: {
      body: { role_assignments: [assignment, assignment], links: { next: null } },
    },
    [`GET ${KEYSTONE}/roles?name=member`]: { body: { roles: [{ id: "r-1", name: "member" }], links: { next: null } } },
    [`GET ${KEYSTONE}/roles?name=nobody`]: { body: { roles: [], links: { next: null } } },
    [`PUT ${KEYSTONE}/projects/p-9/users/u-9/roles/r-1`]: { status: 204, body: "" },
  });
  const { identity } = scripted.cloud;
  expect(await scripted.run(identity.rolesOf("u-9", "p-9"))).toEqual(["member"]);
  await scripted.run(identity.grantRole("u-9", "p-9", "member"));
  await expect(scripted.run(identity.grantRole("u-9", "p-9", "nobody"))).rejects.toThrow("no role named nobody");
});
