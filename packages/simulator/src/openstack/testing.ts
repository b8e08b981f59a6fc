import { seededRandom, VirtualClock } from "@protector/ports";
import { createWorld, type World } from "../world.ts";
import type { Cloud } from "./cloud.ts";
import type { CloudOptions, SyncDeviceOptions } from "./cloud-options.ts";
import type { AnswerBody } from "./testing-answers.ts";
import { type SeededTenant, seedBasics, seedTenant, seedThreeTier, type ThreeTier } from "./three-tier.ts";

/** One answered call of a test. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
}

export interface TestSite {
  readonly cloud: Cloud;
  readonly tenant: SeededTenant;
  readonly threeTier: ThreeTier;
  readonly admin: string;
  readonly member: string;
}

export interface TestWorld {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly a: TestSite;
  readonly b: TestSite;
  /** Calls a service as `METHOD path` with a token and an optional body and headers. */
  call(where: string, token: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A token by password. */
  token(
    cloud: Cloud,
    user: { readonly name: string; readonly password: string; readonly project: string },
  ): Promise<string>;
}

/**
 * Two clouds with an array each, a three-tier workload on both, tokens of an administrator and a member.
 * @param sync of site-a: it replicates synchronously to array-b, its workload too.
 */
export async function testWorld(
  options: Partial<CloudOptions> = {},
  sync?: Pick<SyncDeviceOptions, "isUniform">,
): Promise<TestWorld> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const world = createWorld({
    clock,
    random: seededRandom(1),
    arrays: [
      { name: "array-a", origin: "https://127.0.0.21", apiToken: "token-a" },
      { name: "array-b", origin: "https://127.0.0.22", apiToken: "token-b" },
    ],
    link: { isSync: sync !== undefined },
    clouds: [
      {
        name: "site-a",
        host: "127.0.0.11",
        backends: [{ array: "array-a", ...(sync ? { sync: { array: "array-b", ...sync } } : {}) }],
        ...options,
      },
      { name: "site-b", host: "127.0.0.12", backends: [{ array: "array-b" }], ...options },
    ],
  });
  const call: TestWorld["call"] = async (where, token, body, headers) => {
    const [method = "", url = ""] = where.split(" ");
    const response = await clock.run(
      world.transport({
        method,
        url,
        headers: { ...(token && { "x-auth-token": token }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMs: 60_000,
      }),
    );
    return { status: response.status, headers: response.headers, body: response.body && JSON.parse(response.body) };
  };
  const token: TestWorld["token"] = async (cloud, { name, password, project }) => {
    const domain = { id: "default" };
    const identity = { methods: ["password"], password: { user: { name, password, domain } } };
    const answer = await call(`POST ${cloud.authUrl}/auth/tokens`, "", {
      auth: { identity, scope: { project: { name: project, domain } } },
    });
    return answer.headers["x-subject-token"] ?? "";
  };
  const site = async (cloud: Cloud): Promise<TestSite> => {
    const tenant = seedTenant(cloud, seedBasics(cloud));
    const threeTier = seedThreeTier(cloud, tenant, tenant.basics.sync);
    const admin = await token(cloud, { name: "admin", password: "labadmin", project: "admin" });
    const member = await token(cloud, { name: "demo", password: "labdemo", project: "demo" });
    return { cloud, tenant, threeTier, admin, member };
  };
  return { world, clock, call, token, a: await site(world.cloud("site-a")), b: await site(world.cloud("site-b")) };
}

/** Base address of a service of site-a (11) or site-b (12). */
export const NOVA = "http://127.0.0.11:8774/v2.1";
export const CINDER = "http://127.0.0.11:8776/v3";
export const NEUTRON = "http://127.0.0.11:9696/v2.0";
export const KEYSTONE = "http://127.0.0.11:5000/v3";
export const LATEST_NOVA = { "openstack-api-version": "compute 2.93" };
export const LATEST_CINDER = { "openstack-api-version": "volume 3.70" };
