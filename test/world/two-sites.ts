import { ENDED_OPERATION_STATUSES, type OperationType, type OperationVerb } from "@protector/contract";
import { type Clock, type Random, seededRandom, VirtualClock } from "@protector/ports";
import {
  type CloudOptions,
  createWorld,
  type LinkOptions,
  type SyncDeviceOptions,
  type World,
} from "@protector/simulator";
import { flag, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import type { DatabaseConnection } from "../../packages/server/src/db/connection.ts";
import { newOperationRow } from "../../packages/server/src/db/new-rows.ts";
import { openSqlite } from "../../packages/server/src/db/open-sqlite.ts";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import type { EngineEvent } from "../../packages/server/src/engine/engine-events.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import { type EngineOptions, enginePorts, SWEEP_MS } from "./site-engine.ts";
import { createSite, register, type TestSite } from "./test-site.ts";

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
  /**
   * Site A's Cinder replicates synchronously to array-b: type `sync` there (`a.tenant.basics.sync`), volumes in the pod
   * `cinder-pod` of both arrays. Site B's has no such device. Default: neither.
   */
  readonly sync?: Pick<SyncDeviceOptions, "isUniform">;
  /** A third cloud and array, of which neither site knows yet. */
  readonly hasSpareSite?: boolean;
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
  readonly a: TestSite<"site-a" | "site-b">;
  readonly b: TestSite<"site-a" | "site-b">;
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
    request: { verb: OperationVerb; as?: "unplanned"; reason?: string; member?: string; step?: string },
  ): Promise<void>;
  /** Lets an engine work until the operation has ended or `limitMs` (default 10 min) of virtual time has passed; answers its status. */
  settle(site: TestSite, operationId: string, engine: Engine, limitMs?: number): Promise<string>;
  stop(): void;
}

export interface OperationWish {
  readonly type: OperationType;
  readonly mode?: "planned" | "unplanned";
  readonly parameters?: Record<string, unknown>;
  readonly isDryRun?: boolean;
}

const START = Date.UTC(2026, 0, 5, 8, 0, 0);

/** Two clouds with a tenant each, two linked arrays, two databases that know each other. */
export async function createTwoSites(seed = 1, settings: WorldSettings = {}): Promise<TwoSites> {
  const clock = settings.clock ?? new VirtualClock(START);
  const random = seededRandom(seed);
  const letters = settings.hasSpareSite ? ["a", "b", "c"] : ["a", "b"];
  const world = createWorld({
    clock: settings.servicesClock ?? clock,
    random,
    link: { ...settings.link, ...(settings.sync ? { isSync: true } : {}) },
    arrays: letters.map((letter, index) => ({
      name: `array-${letter}`,
      origin: `https://127.0.0.${21 + index}`,
      apiToken: `token-array-${letter}`,
    })),
    clouds: letters.map((letter, index) => ({
      name: `site-${letter}`,
      host: `127.0.0.${11 + index}`,
      backends: [
        {
          array: `array-${letter}`,
          ...(settings.sync && letter === "a" ? { sync: { array: "array-b", ...settings.sync } } : {}),
        },
      ],
      ...settings.cloud,
    })),
  });
  const open = settings.database ?? (() => openSqlite({ path: ":memory:", clock }));
  const [a, b] = [await createSite(world, "site-a", open), await createSite(world, "site-b", open)];
  await Promise.all([register(world, a, b), register(world, b, a)]);
  const events: EngineEvent[] = [];
  const usual: EngineOptions = {
    clock,
    ...(settings.hasSpareSite ? { hasSpareSite: true } : {}),
    ...settings.engines?.(world),
  };
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
