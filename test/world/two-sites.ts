import { ENDED_OPERATION_STATUSES, type OperationType, type OperationVerb } from "@protector/contract";
import { type Clock, type HttpTransport, type Random, seededRandom, VirtualClock } from "@protector/ports";
import {
  type CloudOptions,
  createWorld,
  type LinkOptions,
  type SeededTenant,
  seedBasics,
  seedTenant,
  type World,
} from "@protector/simulator";
import { flag, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import type { DatabaseConnection } from "../../packages/server/src/db/connection.ts";
import { migrate } from "../../packages/server/src/db/migrate.ts";
import { newOperationRow } from "../../packages/server/src/db/new-rows.ts";
import { openSqlite, withGate } from "../../packages/server/src/db/open-sqlite.ts";
import { type KeyRing, newKeyRing } from "../../packages/server/src/domain/key-ring.ts";
import { SecretStore } from "../../packages/server/src/domain/secrets.ts";
import { mintSiteIdentity } from "../../packages/server/src/domain/site-identity.ts";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import type { EngineEvent } from "../../packages/server/src/engine/engine-events.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";
import { flashArrayDriver } from "../../packages/storage/src/index.ts";

/** One site of the test world: its cloud, its array, its database, its engines. */
export interface TestSite {
  readonly name: "site-a" | "site-b";
  readonly id: string;
  readonly connection: DatabaseConnection;
  readonly secrets: SecretStore;
  /** The keys of `secrets`, for another program of the site. */
  readonly keyRing: KeyRing;
  readonly tenant: SeededTenant;
  readonly projectId: string;
}

/** What differs between two engines of a site. */
export interface EngineOptions {
  readonly host?: string;
  readonly observer?: JournalObserver;
  /** Stands before every turn on the database and every outside call: a killed engine's never opens again. */
  readonly gate?: () => Promise<void>;
  /** Awaited when a call has passed every check of the engine and is about to leave. */
  readonly beforeCall?: () => Promise<void>;
  readonly clock?: Clock;
  /** Through which it calls; default the world's own. */
  readonly transport?: HttpTransport;
  /** Most calls at once to one service; default 20. */
  readonly callsPerService?: number;
}

/** A clock that lets a world's time pass without waiting for it. */
export type WorldClock = Pick<VirtualClock, keyof VirtualClock>;

/** How a world differs from the usual one. */
export interface WorldSettings {
  /** Default a virtual one. */
  readonly clock?: WorldClock;
  /** The simulated services' own clock; default `clock`. */
  readonly servicesClock?: Clock;
  readonly cloud?: Pick<CloudOptions, "hosts" | "computeDurations" | "volumeDurations" | "quotas">;
  readonly link?: LinkOptions;
  /** The database of a site; default one in memory. */
  readonly database?: (name: TestSite["name"]) => DatabaseConnection;
  /** What all engines of the world have in common. */
  readonly engines?: (world: World) => EngineOptions;
}

/** Two sites under a virtual clock; nothing of them touches a socket. */
export interface TwoSites {
  readonly world: World;
  readonly clock: WorldClock;
  readonly random: Random;
  readonly a: TestSite;
  readonly b: TestSite;
  readonly events: EngineEvent[];
  engine(site: TestSite, options?: EngineOptions): Engine;
  /** What an engine of the site is made of, for its watches. */
  ports(site: TestSite, options?: EngineOptions): EnginePorts;
  /** Writes an operation as the API does; answers its id. */
  order(site: TestSite, groupId: string, order: OperationWish): Promise<string>;
  /** Writes a person's request on an operation as the API does. */
  ask(
    site: TestSite,
    operationId: string,
    request: { verb: OperationVerb; as?: "unplanned"; reason?: string },
  ): Promise<void>;
  /** Lets an engine work until the operation has ended or `limitMs` (default 10 min) of virtual time has passed; answers its status. */
  settle(site: TestSite, operationId: string, engine: Engine, limitMs?: number): Promise<string>;
  stop(): void;
}

export interface OperationWish {
  readonly type: OperationType;
  readonly mode?: "planned";
  readonly parameters?: Record<string, unknown>;
  readonly isDryRun?: boolean;
}

const START = Date.UTC(2026, 0, 5, 8, 0, 0);
const LEASE_MS = 30_000;
const SWEEP_MS = 10_000;

/** Two clouds with a tenant each, two linked arrays, two databases that know each other. */
export async function createTwoSites(seed = 1, settings: WorldSettings = {}): Promise<TwoSites> {
  const clock = settings.clock ?? new VirtualClock(START);
  const random = seededRandom(seed);
  const world = createWorld({
    clock: settings.servicesClock ?? clock,
    random,
    ...(settings.link ? { link: settings.link } : {}),
    arrays: [
      { name: "array-a", origin: "https://127.0.0.21", apiToken: "token-array-a" },
      { name: "array-b", origin: "https://127.0.0.22", apiToken: "token-array-b" },
    ],
    clouds: [
      { name: "site-a", host: "127.0.0.11", backends: [{ array: "array-a" }], ...settings.cloud },
      { name: "site-b", host: "127.0.0.12", backends: [{ array: "array-b" }], ...settings.cloud },
    ],
  });
  const open = settings.database ?? (() => openSqlite({ path: ":memory:", clock }));
  const [a, b] = [await createSite(world, "site-a", open), await createSite(world, "site-b", open)];
  await Promise.all([register(world, a, b), register(world, b, a)]);
  const events: EngineEvent[] = [];
  const usual: EngineOptions = { clock, ...settings.engines?.(world) };
  return {
    world,
    clock,
    random,
    a,
    b,
    events,
    engine: (site, options = {}) => new Engine(enginePorts(world, site, events, { ...usual, ...options })),
    ports: (site, options = {}) => enginePorts(world, site, events, { ...usual, ...options }),
    order: (site, groupId, wish) => order(world, site, groupId, wish),
    ask: async (site, operationId, request) => {
      await site.connection.db
        .updateTable("dr_operations")
        .set({ request: writeJson({ ...request, user_id: site.tenant.user.id }), next_look_at: null })
        .where("id", "=", operationId)
        .execute();
    },
    settle: (site, operationId, engine, limitMs = 600_000) =>
      clock.run(settle(clock, { site, operationId, engine, limitMs })),
    stop: () => {
      for (const cloud of world.clouds) cloud.stop();
    },
  };
}

async function createSite(
  world: World,
  name: TestSite["name"],
  open: (name: TestSite["name"]) => DatabaseConnection,
): Promise<TestSite> {
  const cloud = world.cloud(name);
  const tenant = seedTenant(cloud, seedBasics(cloud));
  const connection = open(name);
  await migrate(connection);
  const keyRing = newKeyRing(world.random);
  const secrets = new SecretStore(keyRing, world.random);
  const address = { name, authUrl: cloud.authUrl, region: cloud.region, apiUrl: `http://${cloud.options.host}:8788` };
  const id = await mintSiteIdentity({ db: connection.db, secrets, random: world.random }, address, world.clock.now());
  return { name, id, connection, secrets, keyRing, tenant, projectId: tenant.project.id };
}

/** Makes one site known to the other: its row with the administrator's credential, the tenant's projects, a trust. */
async function register(world: World, at: TestSite, peer: TestSite): Promise<void> {
  const { db } = at.connection;
  const now = world.clock.now();
  const row = await peer.connection.db
    .selectFrom("sites")
    .selectAll()
    .where("is_local", "=", 1)
    .executeTakeFirstOrThrow();
  const password_secret_id = await at.secrets.put(db, { purpose: "site_password", text: "labadmin" }, now);
  await db
    .insertInto("sites")
    .values({
      ...row,
      is_local: 0,
      username: "admin",
      user_domain_name: "Default",
      project_name: "admin",
      project_domain_name: "Default",
      password_secret_id,
      private_keys_secret_id: null,
      reachability: "reachable",
    })
    .execute();
  await db
    .insertInto("tenant_mappings")
    .values({
      id: world.random.uuid(),
      site_id: peer.id,
      local_project_id: at.projectId,
      peer_project_id: peer.projectId,
      created_at: writeTime(now),
    })
    .execute();
  await db
    .insertInto("trusts")
    .values({
      id: world.random.uuid(),
      project_id: at.projectId,
      user_id: at.tenant.user.id,
      trust_id: createTrust(world, at),
      roles: writeJson(["member"]),
      is_usable: 1,
      created_at: writeTime(now),
      checked_at: null,
    })
    .execute();
}

function createTrust(world: World, site: TestSite): string {
  const { identity } = world.cloud(site.name);
  const member = identity.roleNamed("member");
  if (!member) throw new Error("the simulated Keystone has no role member");
  const id = world.random.uuid().replaceAll("-", "");
  identity.trusts.set(id, {
    id,
    trustorId: site.tenant.user.id,
    trusteeId: site.tenant.basics.serviceUser.id,
    projectId: site.projectId,
    roleIds: [member.id],
    isImpersonating: true,
    expiresAt: undefined,
  });
  return id;
}

/** What an engine of a site is given. */
export function enginePorts(world: World, site: TestSite, events: EngineEvent[], options: EngineOptions): EnginePorts {
  const clock = options.clock ?? world.clock;
  const send = options.transport ?? world.transport;
  const gate = options.gate;
  const transport: HttpTransport = async (request) => {
    await gate?.();
    await options.beforeCall?.();
    const answer = await send(request);
    await gate?.();
    return answer;
  };
  return {
    connection: gate ? withGate(site.connection, gate) : site.connection,
    transport,
    clock,
    random: world.random,
    secrets: site.secrets,
    events: (event) => events.push(event),
    ...(options.observer ? { observer: options.observer } : {}),
    storageDriver: (through) => flashArrayDriver({ transport: through, clock, random: world.random }),
    settings: {
      host: options.host ?? `${site.name}-engine-1`,
      ownCloud: {
        authUrl: world.cloud(site.name).authUrl,
        credential: {
          kind: "password",
          username: "protector",
          password: "labsvc",
          userDomainName: "Default",
          scope: { kind: "project", projectName: "service", projectDomainName: "Default" },
        },
      },
      backends: [
        {
          name: "array-a",
          url: "https://127.0.0.21",
          apiToken: "token-array-a",
          tls: {},
          cinderHost: "site-a@pure#pure",
        },
        {
          name: "array-b",
          url: "https://127.0.0.22",
          apiToken: "token-array-b",
          tls: {},
          cinderHost: "site-b@pure#pure",
        },
      ],
      groupTypeName: "consistent",
      leaseMs: LEASE_MS,
      sweepMs: SWEEP_MS,
      operationsAtOnce: 25,
      callsPerService: options.callsPerService ?? 16,
      callsPerArray: options.callsPerService ?? 8,
      markerMs: 60_000,
      peerMs: 30_000,
      callTimeoutMs: 60_000,
      policyArrayTls: {},
    },
  };
}

async function order(world: World, site: TestSite, groupId: string, wish: OperationWish): Promise<string> {
  const { db } = site.connection;
  const group = await db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", groupId)
    .executeTakeFirstOrThrow();
  const id = world.random.uuid();
  await db.transaction().execute(async (trx) => {
    if (!wish.isDryRun) {
      await trx.updateTable("protection_groups").set({ current_operation_id: id }).where("id", "=", groupId).execute();
    }
    await trx
      .insertInto("dr_operations")
      .values(
        newOperationRow({
          id,
          type: wish.type,
          mode: wish.mode ?? null,
          is_dry_run: flag(wish.isDryRun ?? false),
          protection_group_id: groupId,
          protection_group_name: group.name,
          project_id: group.project_id,
          user_id: site.tenant.user.id,
          site_id: site.id,
          parameters: writeJson(wish.parameters ?? {}),
          request_id: `req-${id}`,
          created_at: writeTime(world.clock.now()),
        }),
      )
      .execute();
  });
  return id;
}

const ENDED: readonly string[] = [...ENDED_OPERATION_STATUSES, "paused"];

async function settle(
  clock: WorldClock,
  visit: { readonly site: TestSite; readonly operationId: string; readonly engine: Engine; readonly limitMs: number },
): Promise<string> {
  const { site, operationId, engine, limitMs } = visit;
  const until = clock.now() + limitMs;
  for (;;) {
    await engine.look(operationId);
    await engine.idle();
    const { status, request } = await site.connection.db
      .selectFrom("dr_operations")
      .select(["status", "request"])
      .where("id", "=", operationId)
      .executeTakeFirstOrThrow();
    if ((ENDED.includes(status) && request === null) || clock.now() >= until) return status;
    await clock.sleep(SWEEP_MS);
  }
}
