import { OutsideError } from "@protector/ports";
import { describe, expect, test } from "vitest";
import type { Credential, KeptToken, TokenKeep } from "./cloud.ts";
import { LOGIN, REQUEST_ID, type Script, START, scriptedCloud, tokenBody } from "./testing/scripted-transport.ts";
import { readTokenBody } from "./token-content.ts";

const PROJECT = "GET http://controller:5000/v3/projects/p-9";
const FOUND: Script = {
  [PROJECT]: { body: { project: { id: "p-9", name: "a", domain_id: "default", enabled: true } } },
};
const issued = (value: string, change = {}) => ({
  status: 201,
  headers: { "x-subject-token": value },
  body: tokenBody(change),
});

async function failureOf(call: Promise<unknown>): Promise<OutsideError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OutsideError)) throw new Error(`no OutsideError but ${error}`);
  return error;
}

describe("login", () => {
  test("sends Keystone's password request with our request id", async () => {
    const scripted = scriptedCloud({});
    const token = await scripted.run(scripted.cloud.token());
    expect(token).toMatchObject({ value: "token-1", content: { userId: "u-1", projectId: "p-1", roles: ["admin"] } });
    const [login] = scripted.sentTo(LOGIN);
    expect(login?.headers["x-openstack-request-id"]).toBe(REQUEST_ID);
    expect(JSON.parse(login?.body ?? "")).toEqual({
      auth: {
        identity: {
          methods: ["password"],
          password: { user: { name: "protector", domain: { name: "Default" }, password: "s3cret-password" } },
        },
        scope: { project: { name: "service", domain: { name: "Default" } } },
      },
    });
  });

  test.each<[Credential, object]>([
    [
      { kind: "password_by_id", userId: "u-1", password: "x", scope: { kind: "trust", trustId: "t-1" } },
      {
        identity: { methods: ["password"], password: { user: { id: "u-1", password: "x" } } },
        scope: { "OS-TRUST:trust": { id: "t-1" } },
      },
    ],
    [
      { kind: "password_by_id", userId: "u-1", password: "x", scope: { kind: "system" } },
      {
        identity: { methods: ["password"], password: { user: { id: "u-1", password: "x" } } },
        scope: { system: { all: true } },
      },
    ],
    [
      { kind: "password_by_id", userId: "u-1", password: "x", scope: { kind: "unscoped" } },
      { identity: { methods: ["password"], password: { user: { id: "u-1", password: "x" } } }, scope: "unscoped" },
    ],
    [
      { kind: "application_credential", id: "ac-1", secret: "x" },
      { identity: { methods: ["application_credential"], application_credential: { id: "ac-1", secret: "x" } } },
    ],
    [
      {
        kind: "application_credential_by_name",
        name: "ac",
        secret: "x",
        username: "demo",
        userDomainName: "Default",
      },
      {
        identity: {
          methods: ["application_credential"],
          application_credential: { name: "ac", secret: "x", user: { name: "demo", domain: { name: "Default" } } },
        },
      },
    ],
  ])("speaks %j", async (credential, auth) => {
    const scripted = scriptedCloud({}, { credential });
    await scripted.run(scripted.cloud.token());
    expect(JSON.parse(scripted.sentTo(LOGIN)[0]?.body ?? "")).toEqual({ auth });
  });

  test("is shared by callers that come at the same time", async () => {
    const scripted = scriptedCloud(FOUND);
    const { identity } = scripted.cloud;
    await scripted.run(Promise.all([identity.findProject("p-9"), identity.findProject("p-9"), scripted.cloud.token()]));
    expect(scripted.sentTo(LOGIN)).toHaveLength(1);
  });

  test("is repeated when less than a minute of the token is left", async () => {
    const scripted = scriptedCloud({ [LOGIN]: [issued("token-1"), issued("token-2")] });
    await scripted.run(scripted.cloud.token());
    await scripted.clock.advance(3_539_000);
    expect((await scripted.run(scripted.cloud.token())).value).toBe("token-1");
    await scripted.clock.advance(2_000);
    expect((await scripted.run(scripted.cloud.token())).value).toBe("token-2");
  });

  test("takes a token's life from Keystone's own clock", async () => {
    const skewed = { issued_at: "2026-11-22T09:00:00.000000Z", expires_at: "2026-11-22T10:00:00.000000Z" };
    const scripted = scriptedCloud({ [LOGIN]: [issued("token-1", skewed), issued("token-2", skewed)] });
    await scripted.run(scripted.cloud.token());
    await scripted.clock.advance(1_800_000);
    expect((await scripted.run(scripted.cloud.token())).value).toBe("token-1");
  });

  test("that is refused needs the operator and names no secret", async () => {
    const message = "The request you have made requires authentication: s3cret-password.";
    const refusal = { status: 401, body: { error: { code: 401, message, title: "Unauthorized" } } };
    const scripted = scriptedCloud({ [LOGIN]: refusal });
    const error = await scripted.run(failureOf(scripted.cloud.token()));
    expect(error.failure).toMatchObject({ service: "keystone", status: 401, failureClass: "needs_operator" });
    expect(error.message).not.toContain("s3cret-password");
    expect(scripted.sentTo(LOGIN)).toHaveLength(1);
  });

  test("at an address that is not Keystone needs the operator", async () => {
    const scripted = scriptedCloud({ [LOGIN]: { status: 404, body: "<html><h1>Not Found</h1></html>" } });
    const { failure } = await scripted.run(failureOf(scripted.cloud.token()));
    expect(failure).toMatchObject({ status: 404, detail: "Not Found", failureClass: "needs_operator" });
  });
});

describe("a refused token", () => {
  test("is replaced and the call made once more", async () => {
    const found = { body: { project: { id: "p-9", name: "a", domain_id: "d", enabled: true } } };
    const scripted = scriptedCloud({
      [LOGIN]: [issued("token-1"), issued("token-2")],
      [PROJECT]: [{ status: 401, body: { error: { code: 401, message: "expired" } } }, found],
    });
    const project = await scripted.run(scripted.cloud.identity.findProject("p-9"));
    expect(project?.id).toBe("p-9");
    expect(scripted.sentTo(PROJECT).map((request) => request.headers["x-auth-token"])).toEqual(["token-1", "token-2"]);
  });

  test("that Keystone issued in the second of the revocation is replaced after that second", async () => {
    const found = { body: { project: { id: "p-9", name: "a", domain_id: "d", enabled: true } } };
    const refused = { status: 401, body: { error: { code: 401, message: "revoked" } } };
    const scripted = scriptedCloud({
      [LOGIN]: [issued("token-1"), issued("token-2"), issued("token-3")],
      [PROJECT]: [refused, refused, found],
    });
    await scripted.run(scripted.cloud.token());
    await scripted.clock.advance(60_000);
    const began = scripted.clock.now();
    expect(await scripted.run(scripted.cloud.identity.findProject("p-9"))).toMatchObject({ id: "p-9" });
    expect(scripted.sentTo(PROJECT).map(({ headers }) => headers["x-auth-token"])).toEqual([
      "token-1",
      "token-2",
      "token-3",
    ]);
    expect(scripted.clock.now() - began).toBeGreaterThan(1_000);
  });

  test("again and again needs the operator", async () => {
    const scripted = scriptedCloud({ [PROJECT]: { status: 401, body: { error: { code: 401, message: "no" } } } });
    const { failure } = await scripted.run(failureOf(scripted.cloud.identity.findProject("p-9")));
    expect(failure).toMatchObject({ status: 401, failureClass: "needs_operator", effect: "none" });
    expect(scripted.sentTo(PROJECT)).toHaveLength(3);
  });
});

describe("a given token", () => {
  const LOOK = "GET http://controller:5000/v3/auth/tokens";
  const given = (projectId: string): Credential => ({
    kind: "token",
    token: "user-token",
    scope: { kind: "project_by_id", projectId },
  });

  test("is used itself when its scope fits", async () => {
    const scripted = scriptedCloud({ [LOOK]: { body: tokenBody() } }, { credential: given("p-1") });
    expect((await scripted.run(scripted.cloud.token())).value).toBe("user-token");
    expect(scripted.sentTo(LOGIN)).toHaveLength(0);
  });

  test("is exchanged when another scope is wanted", async () => {
    const scripted = scriptedCloud({ [LOOK]: { body: tokenBody() } }, { credential: given("p-2") });
    expect((await scripted.run(scripted.cloud.token())).value).toBe("token-1");
    expect(JSON.parse(scripted.sentTo(LOGIN)[0]?.body ?? "")).toEqual({
      auth: { identity: { methods: ["token"], token: { id: "user-token" } }, scope: { project: { id: "p-2" } } },
    });
  });
});

test("a session under another request id shares the login", async () => {
  const scripted = scriptedCloud(FOUND);
  await scripted.run(scripted.cloud.token());
  await scripted.run(scripted.cloud.withRequestId("req-other").identity.findProject("p-9"));
  expect(scripted.sentTo(LOGIN)).toHaveLength(1);
  expect(scripted.sentTo(PROJECT)[0]?.headers["x-openstack-request-id"]).toBe("req-other");
});

describe("a kept token", () => {
  const kept = (renewAt: number): KeptToken => ({
    value: "kept",
    content: readTokenBody(JSON.stringify(tokenBody())),
    renewAt,
  });
  const keepOf = (token: KeptToken | undefined) => {
    const done: string[] = [];
    const keep: TokenKeep = {
      load: () => token,
      save: ({ value, renewAt }) => done.push(`save ${value} ${renewAt - START}`),
      forget: () => done.push("forget"),
    };
    return { keep, done };
  };

  test("is used without a login while it has time left", async () => {
    const { keep, done } = keepOf(kept(START + 1));
    const scripted = scriptedCloud({}, { keep });
    expect(await scripted.run(scripted.cloud.token())).toMatchObject({ value: "kept", content: { projectId: "p-1" } });
    expect([scripted.sent, done]).toEqual([[], []]);
  });

  test("that has run out is replaced, and the new one kept until a minute before its end", async () => {
    const { keep, done } = keepOf(kept(START));
    const scripted = scriptedCloud({}, { keep });
    expect(await scripted.run(scripted.cloud.token())).toMatchObject({ value: "token-1" });
    expect(done).toEqual([`save token-1 ${59 * 60_000}`]);
  });

  test("whose catalog lacks a service is replaced first: the service may have been registered since", async () => {
    const old = { ...kept(START + 60_000), content: readTokenBody(JSON.stringify(tokenBody({ catalog: [] }))) };
    const { keep, done } = keepOf(old);
    const scripted = scriptedCloud({}, { keep });
    expect(await scripted.run(scripted.cloud.endpoint("compute"))).toBe("http://controller:8774/v2.1");
    expect(done).toEqual(["forget", `save token-1 ${59 * 60_000}`]);
    await expect(scripted.run(scripted.cloud.endpoint("protector"))).rejects.toThrow("no public endpoint of type");
    expect(scripted.sentTo(LOGIN)).toHaveLength(1);
  });

  test("that a service refuses is forgotten, and the call made again with a new one", async () => {
    const { keep, done } = keepOf(kept(START + 60_000));
    const scripted = scriptedCloud(
      {
        [PROJECT]: [
          { status: 401, body: {} },
          { body: { project: { id: "p-9", name: "a", domain_id: "default", enabled: true } } },
        ],
      },
      { keep },
    );
    expect(await scripted.run(scripted.cloud.identity.findProject("p-9"))).toMatchObject({ id: "p-9" });
    expect(scripted.sentTo(PROJECT).map(({ headers }) => headers["x-auth-token"])).toEqual(["kept", "token-1"]);
    expect(done).toEqual(["forget", `save token-1 ${59 * 60_000}`]);
  });
});

describe("a login by an OpenID provider", () => {
  const FEDERATION = "POST http://controller:5000/v3/OS-FEDERATION/identity_providers/my%20idp/protocols/openid/auth";
  const credential: Credential = {
    kind: "oidc",
    identityProvider: "my idp",
    protocol: "openid",
    accessToken: async () => "access-1",
    scope: { kind: "project_by_id", projectId: "p-1" },
  };

  test("changes the access token for a token without scope, and that for one of the project", async () => {
    const scripted = scriptedCloud({ [FEDERATION]: issued("unscoped-1") }, { credential });
    expect(await scripted.run(scripted.cloud.token())).toMatchObject({ value: "token-1" });
    expect(scripted.sentTo(FEDERATION)[0]?.headers.authorization).toBe("Bearer access-1");
    expect(JSON.parse(scripted.sentTo(LOGIN)[0]?.body ?? "")).toEqual({
      auth: {
        identity: { methods: ["token"], token: { id: "unscoped-1" } },
        scope: { project: { id: "p-1" } },
      },
    });
  });
});

describe("a login by one-time password", () => {
  const scope = { kind: "project", projectName: "shop", projectDomainName: "Default", projectDomainId: "d-2" } as const;
  const bodyFor = async (credential: Credential) => {
    const scripted = scriptedCloud({}, { credential });
    await scripted.run(scripted.cloud.token());
    return JSON.parse(scripted.sentTo(LOGIN)[0]?.body ?? "").auth;
  };

  test("names user and project with domains by id", async () => {
    const user = { name: "demo", domain: { id: "d-1" } };
    expect(await bodyFor({ kind: "totp", user, passcode: async () => "123456", scope })).toEqual({
      identity: { methods: ["totp"], totp: { user: { ...user, passcode: "123456" } } },
      scope: { project: { name: "shop", domain: { id: "d-2" } } },
    });
  });

  test("beside a password has both methods", async () => {
    const login = { username: "demo", password: "p", userDomainName: "Default", userDomainId: "d-1" };
    const user = { name: "demo", domain: { id: "d-1" } };
    expect((await bodyFor({ kind: "password", ...login, passcode: async () => "123456", scope })).identity).toEqual({
      methods: ["password", "totp"],
      password: { user: { ...user, password: "p" } },
      totp: { user: { ...user, passcode: "123456" } },
    });
  });
});
