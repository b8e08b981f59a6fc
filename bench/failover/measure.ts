import { loadSteps } from "../../packages/server/src/engine/runner/operation-store.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import type { TwoSites } from "../../test/world/two-sites.ts";
import type { Row } from "../output/table.ts";
import { type BenchWorld, createBenchWorld } from "./bench-world.ts";
import type { CloudTimes } from "./cloud-times.ts";
import { criticalPathMs } from "./critical-path.ts";
import { seedGroup } from "./seed-group.ts";

/** What is measured of a group: a failover, its plan alone, or a look at its readiness where it runs. */
export const WORKS = ["planned", "unplanned", "plan", "readiness"] as const;
export type Work = (typeof WORKS)[number];

/** ms of the clock within which any failover of the bench must be done. */
const LIMIT_MS = 3_600_000;

/**
 * Does one piece of work on a group of its own and answers its row. Only the steps of a planned failover have a critical path:
 * what an unplanned one needs depends on what of the source still answers; here all of it does.
 * @throws Error when it does not complete.
 */
export async function measureFailover(times: CloudTimes, members: number, work: Work): Promise<Row> {
  const world = await createBenchWorld(times);
  const { sites, clock } = world;
  const groupId = await seedGroup(sites, members);
  const carryOut = await prepare(world, groupId, work);
  world.startCounting();
  const [beganAt, workedBefore] = [clock.now(), clock.workedMs];
  await clock.run(carryOut.run(), LIMIT_MS);
  const wallMs = clock.now() - beganAt;
  const workedMs = clock.workedMs - workedBefore;
  const { steps } = await carryOut.requireDone();
  const pathMs = work === "planned" ? criticalPathMs(steps, times) : undefined;
  const calls = [...world.calls.values()].reduce((sum, count) => sum + count, 0);
  await world.stop();
  return {
    members,
    work,
    clouds: times.name,
    critical_path_s: pathMs === undefined ? null : seconds(pathMs),
    wall_s: seconds(wallMs),
    ratio: pathMs ? Math.round((wallMs / pathMs) * 1000) / 1000 : null,
    engine_cpu_s: seconds(workedMs),
    steps: steps.length || null,
    calls,
    calls_per_member: Math.round((calls / members) * 10) / 10,
    engine_peak_mb: null,
  };
}

interface CarryOut {
  run(): Promise<void>;
  /** @throws Error when it did not complete. */
  requireDone(): Promise<{ readonly steps: Awaited<ReturnType<typeof loadSteps>> }>;
}

async function prepare({ sites }: BenchWorld, groupId: string, work: Work): Promise<CarryOut> {
  if (work === "readiness") {
    const ports = sites.ports(sites.a);
    return { run: () => watchReadiness(ports), requireDone: () => requireLookedAt(sites.a.connection, groupId) };
  }
  const id = await orderFailover(sites, groupId, work);
  const engine = sites.engine(sites.b);
  const { connection } = sites.b;
  return {
    run: () => engine.look(id).then(() => engine.idle()),
    requireDone: async () => {
      await requireCompleted(connection, id);
      return { steps: await loadSteps(connection, id) };
    },
  };
}

/** Orders it at site B; answers the operation's id. */
export function orderFailover(sites: TwoSites, groupId: string, work: Exclude<Work, "readiness">): Promise<string> {
  const mode = work === "unplanned" ? "unplanned" : "planned";
  return sites.order(sites.b, groupId, { type: "failover", mode, isDryRun: work === "plan" });
}

type Connection = Parameters<typeof loadSteps>[0];

/** @throws Error when the group's last look did not find it ready. */
export async function requireLookedAt({ db }: Connection, groupId: string): Promise<{ readonly steps: [] }> {
  const row = await db
    .selectFrom("protection_groups")
    .select(["is_failover_ready", "readiness"])
    .where("id", "=", groupId)
    .executeTakeFirstOrThrow();
  if (row.is_failover_ready !== 1) throw new Error(`the group is not ready: ${row.readiness}`);
  return { steps: [] };
}

/** @throws Error when the operation is not completed. */
export async function requireCompleted(connection: Connection, operationId: string): Promise<void> {
  const row = await connection.db
    .selectFrom("dr_operations")
    .select(["status", "status_reason"])
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
  if (row.status !== "completed") throw new Error(`the failover is ${row.status}: ${row.status_reason}`);
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
