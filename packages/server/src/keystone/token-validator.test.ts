import { connectCloud } from "@protector/openstack";
import { type HttpTransport, seededRandom, VirtualClock } from "@protector/ports";
import { createWorld, seedBasics, seedTenant } from "@protector/simulator";
import { beforeEach, describe, expect, test } from "vitest";
import { ProcessTokenCache, type TokenCache, type ValidToken } from "./token-cache.ts";
import { type TokenRequest, TokenValidator, type TokenValidatorOptions } from "./token-validator.ts";

const HOUR = 3600 * 1000;
let clock: VirtualClock;
let scene: ReturnType<typeof sceneWith>;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  scene = sceneWith();
});

function sceneWith() {
  const random = seededRandom(1);
  const world = createWorld({
    clock,
    random,
    arrays: [{ name: "array-a", origin: "https://127.0.0.21", apiToken: "t" }],
    clouds: [{ name: "site-a", host: "127.0.0.11", backends: [{ array: "array-a" }] }],
  });
  const site = world.cloud("site-a");
  let lookupCount = 0;
  const transport: HttpTransport = (request) => {
    if (request.method === "GET" && new URL(request.url).pathname === "/v3/auth/tokens") lookupCount++;
    return world.transport(request);
  };
  const tenant = seedTenant(site, seedBasics(site));
  const login = (username: string, password: string, projectName: string, authUrl = site.authUrl) =>
    connectCloud(
      {
        authUrl,
        credential: {
          kind: "password",
          username,
          password,
          userDomainName: "Default",
          scope: { kind: "project", projectName, projectDomainName: "Default" },
        },
      },
      { transport, clock, random },
    );
  const warnings: string[] = [];
  const validator = (options: Partial<TokenValidatorOptions> = {}) =>
    new TokenValidator({
      cloud: login("protector", "labsvc", "service"),
      cache: new ProcessTokenCache(clock),
      clock,
      cacheSeconds: 300,
      serviceTokenRoles: ["service"],
      serviceTokenRolesRequired: true,
      serviceType: "protector",
      warn: (text) => warnings.push(text),
      ...options,
    });
  const demo = login("demo", "labdemo", "demo");
  const service = login("protector", "labsvc", "service");
  const lookups = () => lookupCount;
  return { world, site, tenant, login, validator, warnings, demo, service, lookups };
}

const requestOf = (token: string | undefined, more: Partial<TokenRequest> = {}): TokenRequest => ({
  token,
  method: "GET",
  path: "/v1/p/protection-groups",
  requestId: "req-1",
  ...more,
});

const run = <T>(goal: Promise<T>) => clock.run(goal);

async function tokenOf(cloud: { token(): Promise<{ readonly value: string }> }): Promise<string> {
  return (await run(cloud.token())).value;
}

describe("a user's token", () => {
  test("is accepted, white space around it and all, without its catalog", async () => {
    const token = await tokenOf(scene.demo);
    const accepted = await run(scene.validator().validate(requestOf(` ${token}\t`)));
    expect(accepted).toMatchObject({ kind: "accepted", token: { userName: "demo", projectName: "demo" } });
    expect(accepted).not.toHaveProperty("token.catalog");
  });

  test.each([undefined, "", "   ", "unknown", "two words", "line\nfeed", "x".repeat(20_000)])(
    "%j is unauthorized",
    async (token) => {
      expect(await run(scene.validator().validate(requestOf(token)))).toMatchObject({ kind: "unauthorized" });
    },
  );

  test("that cannot stand in a header is not even asked about", async () => {
    await run(scene.validator().validate(requestOf("line\nfeed")));
    expect(scene.lookups()).toBe(0);
  });
});

describe("the cache", () => {
  test("spares Keystone the same question for its time, and at the same time", async () => {
    const token = await tokenOf(scene.demo);
    const validator = scene.validator();
    await run(Promise.all([1, 2, 3].map(() => validator.validate(requestOf(token)))));
    await clock.advance(299_000);
    await run(validator.validate(requestOf(token)));
    expect(scene.lookups()).toBe(1);
    await clock.advance(2_000);
    await run(validator.validate(requestOf(token)));
    expect(scene.lookups()).toBe(2);
  });

  test("does not remember refusals, and -1 switches it off", async () => {
    const validator = scene.validator();
    await run(validator.validate(requestOf("unknown")));
    await run(validator.validate(requestOf("unknown")));
    expect(scene.lookups()).toBe(2);
    const token = await tokenOf(scene.demo);
    const asking = scene.validator({ cacheSeconds: -1 });
    await run(asking.validate(requestOf(token)));
    await run(asking.validate(requestOf(token)));
    expect(scene.lookups()).toBe(4);
  });

  test("never outlives the token", async () => {
    const { value, content } = await run(scene.demo.token());
    const validator = scene.validator({ cacheSeconds: 100 * 24 * 3600 });
    expect((await run(validator.validate(requestOf(value)))).kind).toBe("accepted");
    await clock.advance(Date.parse(content.expiresAt) - clock.now() + 1_000);
    expect((await run(validator.validate(requestOf(value)))).kind).toBe("unauthorized");
  });

  test("is told the shorter of its time and the token's life, and is not believed about an expired token", async () => {
    const { value, content } = await run(scene.demo.token());
    const lives: number[] = [];
    let kept: ValidToken | undefined;
    const cache: TokenCache = {
      get: async () => kept,
      set: async (_, token, lifeMs) => {
        kept = token;
        lives.push(lifeMs);
      },
      close: async () => {},
    };
    const left = Date.parse(content.expiresAt) - clock.now();
    await run(scene.validator({ cache, cacheSeconds: 1e9 }).validate(requestOf(value)));
    kept = undefined;
    const validator = scene.validator({ cache });
    await run(validator.validate(requestOf(value)));
    expect(lives).toEqual([left, 300_000]);
    await clock.advance(left);
    expect((await run(validator.validate(requestOf(value)))).kind).toBe("unauthorized");
  });

  test("forgets the least recently used", async () => {
    const cache = new ProcessTokenCache(clock, 2);
    const { catalog: _, ...token } = (await run(scene.demo.token())).content;
    await cache.set("a", token, HOUR);
    await cache.set("b", token, HOUR);
    await cache.get("a");
    await cache.set("c", token, HOUR);
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe("a service token", () => {
  test("lets an expired user token pass", async () => {
    const token = await tokenOf(scene.demo);
    await clock.advance(48 * HOUR);
    const serviceToken = await tokenOf(scene.service);
    const validator = scene.validator();
    expect((await run(validator.validate(requestOf(token)))).kind).toBe("unauthorized");
    const accepted = await run(validator.validate(requestOf(token, { serviceToken })));
    expect(accepted).toMatchObject({ kind: "accepted", serviceToken: { userName: "protector" } });
    expect((await run(validator.validate(requestOf(token)))).kind).toBe("unauthorized");
  });

  test("that is invalid or without the role is unauthorized", async () => {
    const token = await tokenOf(scene.demo);
    const validator = scene.validator();
    const reasonOf = async (serviceToken: string) => run(validator.validate(requestOf(token, { serviceToken })));
    expect(await reasonOf("unknown")).toMatchObject({ kind: "unauthorized", reason: "invalid service token" });
    expect(await reasonOf(token)).toMatchObject({ reason: "service token without a service role" });
    const lenient = scene.validator({ serviceTokenRolesRequired: false });
    expect((await run(lenient.validate(requestOf(token, { serviceToken: token })))).kind).toBe("accepted");
  });
});

test("the access rules of an application credential are kept, except beside a service token", async () => {
  const { value, content } = await run(scene.demo.token());
  const created = await run(
    scene.world.transport({
      method: "POST",
      url: `${scene.site.authUrl}/users/${content.userId}/application_credentials`,
      headers: { "x-auth-token": value },
      body: JSON.stringify({
        application_credential: {
          name: "ac",
          secret: "s",
          access_rules: [{ service: "protector", method: "GET", path: "/v1/*/protection-groups" }],
        },
      }),
      timeoutMs: 1_000,
    }),
  );
  expect(created.status).toBe(201);
  const credential = {
    kind: "application_credential" as const,
    id: JSON.parse(created.body).application_credential.id as string,
    secret: "s",
  };
  const ports = { transport: scene.world.transport, clock, random: seededRandom(2) };
  const token = await tokenOf(connectCloud({ authUrl: scene.site.authUrl, credential }, ports));
  const validator = scene.validator();
  expect((await run(validator.validate(requestOf(token)))).kind).toBe("accepted");
  const post = requestOf(token, { method: "POST" });
  expect(await run(validator.validate(post))).toMatchObject({ kind: "unauthorized" });
  const serviceToken = await tokenOf(scene.service);
  expect((await run(validator.validate({ ...post, serviceToken }))).kind).toBe("accepted");
});

describe("when we cannot ask", () => {
  test("Keystone that is away is unavailable, and said once a minute", async () => {
    const token = await tokenOf(scene.demo);
    const validator = scene.validator();
    scene.site.powerOff();
    expect((await run(validator.validate(requestOf(token)))).kind).toBe("unavailable");
    await run(validator.validate(requestOf(token)));
    expect(scene.warnings).toHaveLength(1);
    await clock.advance(61_000);
    await run(validator.validate(requestOf(token)));
    expect(scene.warnings).toHaveLength(2);
  });

  test("a wrong password of ours makes every call unauthorized and says where to look", async () => {
    const token = await tokenOf(scene.demo);
    const validator = scene.validator({ cloud: scene.login("protector", "hunter2", "service") });
    expect((await run(validator.validate(requestOf(token)))).kind).toBe("unauthorized");
    expect(scene.warnings[0]).toContain("check auth_url, username and password in [keystone_authtoken]");
    expect(scene.warnings[0]).not.toContain("hunter2");
  });

  test("an address that is not Keystone makes every call unauthorized", async () => {
    const cloud = scene.login("protector", "labsvc", "service", "http://127.0.0.11:9292");
    const token = await tokenOf(scene.demo);
    expect((await run(scene.validator({ cloud }).validate(requestOf(token)))).kind).toBe("unauthorized");
  });
});
