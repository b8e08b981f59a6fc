import {
  COMMON_ERRORS,
  codeOfWire,
  type ErrorItem,
  type PathOf,
  pathOf,
  problemsOf,
  type RequestOf,
  type ResponseOf,
  ROUTES,
  type Route,
  type RouteName,
  type Site,
} from "@protector/contract";
import { seededRandom, VirtualClock } from "@protector/ports";
import { createWorld, seedBasics, seedProject, seedUser, type World } from "@protector/simulator";
import type { FastifyInstance } from "fastify";
import { loadConfig } from "../config/index.ts";
import { type DatabaseConnection, migrate, openSqlite } from "../db/index.ts";
import { newKeyRing } from "../domain/key-ring.ts";
import { SecretStore } from "../domain/secrets.ts";
import { mintSiteIdentity } from "../domain/site-identity.ts";
import { assembleApi } from "../main/assemble-api.ts";
import type { Announcement } from "../messaging/index.ts";

/** A site under test: real database, real token validation and trusts against a simulated Keystone. */
export interface TestSite {
  readonly name: string;
  readonly siteId: string;
  readonly app: FastifyInstance;
  readonly database: DatabaseConnection;
  readonly projectId: string;
  /** Ids that were announced to the engines. */
  readonly announced: string[];
  /** What the broker says. */
  broker: Announcement;
  token(user: string, project?: string): Promise<string>;
}

export interface TestSites {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly a: TestSite;
  readonly b: TestSite;
}

/** An answer of the API. */
export interface TestAnswer<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: T;
  readonly errors: readonly ErrorItem[];
}

export interface TestCall<N extends RouteName> {
  readonly path: PathOf<N>;
  readonly body?: RequestOf<N>;
  readonly token?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request that the contract knows. */
export async function send<N extends RouteName>(
  site: TestSite,
  name: N,
  call: TestCall<N>,
): Promise<TestAnswer<ResponseOf<N>>> {
  const route: Route = ROUTES[name];
  const token = call.token ?? (await site.token("demo"));
  const response = await site.app.inject({
    method: route.method,
    url: `${pathOf(name, call.path)}${call.query ?? ""}`,
    headers: { ...(token === "" ? {} : { "x-auth-token": token }), ...call.headers },
    ...(call.body === undefined ? {} : { payload: call.body as object }),
  });
  const body = response.body === "" ? undefined : response.json();
  const status = response.statusCode;
  const problems = status === route.status && route.response ? problemsOf(route.response, body) : [];
  if (problems.length > 0) throw new Error(`${name} answers against its schema: ${JSON.stringify(problems)}`);
  if (status !== route.status && status !== 401) requireListed(route, body?.errors?.[0]);
  return { status, headers: response.headers, body, errors: body?.errors ?? [] };
}

/** The contract says which errors a route gives. */
function requireListed(route: Route, error: ErrorItem | undefined): void {
  const code = codeOfWire(error?.code ?? "");
  const listed: readonly string[] = [...COMMON_ERRORS, ...route.errors];
  if (!code || !listed.includes(code)) throw new Error(`${route.method} ${route.path} does not list ${error?.code}`);
}

/**
 * Two sites that know each other, with the project `demo` of each mapped to that of the other.
 * @param openDatabase gives each site an empty database; in memory without it.
 * @param startMs time of the world's clock; that of the databases when they have their own.
 */
export async function twoSites(
  openDatabase?: (clock: VirtualClock) => Promise<DatabaseConnection>,
  startMs = Date.parse("2026-03-01T12:00:00Z"),
): Promise<TestSites> {
  const clock = new VirtualClock(startMs);
  const world = createWorld({
    clock,
    random: seededRandom(1),
    arrays: [
      { name: "array-a", origin: "https://127.0.1.1", apiToken: "token-of-array-a" },
      { name: "array-b", origin: "https://127.0.2.1", apiToken: "token-of-array-b" },
    ],
    clouds: [
      { name: "site-a", host: "127.0.1.2", backends: [{ array: "array-a" }] },
      { name: "site-b", host: "127.0.2.2", backends: [{ array: "array-b" }] },
    ],
  });
  const open = openDatabase ?? (async () => openSqlite({ path: ":memory:", clock }));
  const [a, b] = [
    await openSite({ world, clock, database: await open(clock) }, "site-a"),
    await openSite({ world, clock, database: await open(clock) }, "site-b"),
  ];
  await introduce(a, b);
  await introduce(b, a);
  return { clock, world, a, b };
}

interface Surroundings {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly database: DatabaseConnection;
}

async function openSite({ world, clock, database }: Surroundings, name: string): Promise<TestSite> {
  const cloud = world.cloud(name);
  seedBasics(cloud);
  const project = seedProject(cloud, "demo");
  const other = seedProject(cloud, "other");
  for (const user of ["demo", "mate"]) seedUser(cloud, { name: user, password: "secret", project, roles: ["member"] });
  seedUser(cloud, { name: "reader", password: "secret", project, roles: ["reader"] });
  seedUser(cloud, { name: "stranger", password: "secret", project: other, roles: ["member"] });
  const random = seededRandom(name === "site-a" ? 2 : 3);
  await migrate(database);
  const keyRing = newKeyRing(random);
  const secrets = new SecretStore(keyRing, random);
  const address = { name, authUrl: cloud.authUrl, region: "RegionOne", apiUrl: `http://${cloud.options.host}:8788` };
  const siteId = await mintSiteIdentity({ db: database.db, secrets, random }, address, clock.now());
  const { config } = loadConfig({
    files: ["protector.conf"],
    env: {},
    read: () => `[keystone_authtoken]
auth_url = ${cloud.authUrl}
www_authenticate_uri = ${cloud.authUrl}
username = protector
password = labsvc
region_name = RegionOne
[database]
connection = sqlite://
[oslo_policy]
policy_file = /nonexistent/policy.yaml
[storage]
array_networks = 127.0.0.0/8
`,
  });
  const announced: string[] = [];
  const site = { name, siteId, database, projectId: project.id, announced, broker: "announced" as Announcement };
  const log = { info: () => {}, error: () => {} };
  const bus = {
    state: () => "connected" as const,
    publish: async (id: string) => {
      if (site.broker === "announced") announced.push(id);
      return site.broker;
    },
  };
  const { app } = await assembleApi({ config, database, keyRing, bus, transport: world.transport, clock, random, log });
  const tokens = new Map<string, string>();
  const token = async (
    user: string,
    projectName = user === "admin" ? "admin" : user === "stranger" ? "other" : "demo",
  ) => {
    const key = `${user} ${projectName}`;
    const known = tokens.get(key) ?? (await logIn(world, cloud.authUrl, { user, projectName }));
    tokens.set(key, known);
    return known;
  };
  return Object.assign(site, { app, token });
}

async function logIn(
  world: World,
  authUrl: string,
  { user, projectName }: { readonly user: string; readonly projectName: string },
): Promise<string> {
  const domain = { name: "Default" };
  const password = user === "admin" ? "labadmin" : "secret";
  const auth = {
    identity: { methods: ["password"], password: { user: { name: user, domain, password } } },
    scope: { project: { name: projectName, domain } },
  };
  const response = await world.transport({
    method: "POST",
    url: `${authUrl}/auth/tokens`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ auth }),
    timeoutMs: 1000,
  });
  const token = response.headers["x-subject-token"];
  if (!token) throw new Error(`no token: ${response.status} ${response.body}`);
  return token;
}

async function introduce(here: TestSite, peer: TestSite): Promise<void> {
  const admin = await here.token("admin");
  const { site } = (await send(peer, "versions.index", { path: {}, token: "" })).body;
  if (!site) throw new Error("no identity");
  const registered = await send(here, "sites.create", {
    path: {},
    token: admin,
    body: {
      site: {
        id: site.id,
        name: peer.name,
        auth_url: "http://127.0.9.9:5000/v3",
        api_url: "http://127.0.9.9:8788",
        signing_public_key: site.signing_public_key,
        sealing_public_key: site.sealing_public_key,
        username: "admin",
        password: "labadmin",
      },
    },
  });
  if (registered.status !== 201) throw new Error(JSON.stringify(registered.errors));
  const mapping = {
    site_id: site.id satisfies Site["id"],
    local_project_id: here.projectId,
    peer_project_id: peer.projectId,
  };
  await send(here, "tenant_mappings.create", { path: {}, token: admin, body: { tenant_mapping: mapping } });
}

/** A group that the engine has set up: on both sites, in sync, active. */
export async function activeGroup({ a, b }: TestSites, name = "shop"): Promise<string> {
  const created = await send(a, "protection_groups.create", {
    path: { project_id: a.projectId },
    body: { protection_group: { name } },
  });
  const { id } = created.body.protection_group;
  await carry(id, a, b);
  const policy = {
    primary_fa_url: "https://127.0.1.1",
    primary_fa_api_token: "token-of-array-a",
    secondary_fa_url: "https://127.0.2.1",
    secondary_fa_api_token: "token-of-array-b",
  };
  const path = { project_id: a.projectId, id };
  const set = await send(a, "policies.create", { path, body: { policy } });
  if (set.status !== 202) throw new Error(JSON.stringify(set.errors));
  await finishOperation(a, id, { status: "active" });
  await carry(id, a, b);
  return id;
}

/** Does what the engine does at the end of an operation. */
export async function finishOperation(
  site: TestSite,
  groupId: string,
  changes: { readonly status?: "active" | "failed_over" } = {},
): Promise<void> {
  await site.database.db
    .updateTable("dr_operations")
    .set({ status: "completed" })
    .where("protection_group_id", "=", groupId)
    .execute();
  await site.database.db
    .updateTable("protection_groups")
    .set({ ...changes, current_operation_id: null })
    .where("id", "=", groupId)
    .execute();
}

/** Carries a group's document from one site to the other, and the receipt back, as the client does. */
export async function carry(id: string, from: TestSite, to: TestSite): Promise<void> {
  const here = { project_id: from.projectId, id };
  const document = (await send(from, "sync.document", { path: here })).body;
  const receipt = await send(to, "sync.update", { path: { project_id: to.projectId, id }, body: document });
  if (receipt.status !== 200) throw new Error(JSON.stringify(receipt.errors));
  const kept = await send(from, "sync.receipt", { path: here, body: receipt.body });
  if (kept.status !== 200) throw new Error(JSON.stringify(kept.errors));
}

/** Everything that requests may change, to be compared before and after one that must change nothing. */
export async function contents({ database: { db } }: TestSite): Promise<string> {
  return JSON.stringify([
    await db.selectFrom("protection_groups").selectAll().orderBy("id").execute(),
    await db.selectFrom("pg_members").selectAll().orderBy("id").execute(),
    await db.selectFrom("replication_policies").selectAll().orderBy("id").execute(),
    await db.selectFrom("resource_mappings").selectAll().orderBy("id").execute(),
    await db.selectFrom("dr_operations").selectAll().orderBy("id").execute(),
    await db.selectFrom("sites").selectAll().orderBy("id").execute(),
    await db.selectFrom("tenant_mappings").selectAll().orderBy("id").execute(),
    await db.selectFrom("trusts").selectAll().orderBy("id").execute(),
    await db.selectFrom("secrets").selectAll().orderBy("id").execute(),
    await db.selectFrom("audit_events").selectAll().orderBy("id").execute(),
  ]);
}
