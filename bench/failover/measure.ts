import { loadSteps } from "../../packages/server/src/engine/runner/operation-store.ts";
import type { Row } from "../output/table.ts";
import { createBenchWorld } from "./bench-world.ts";
import type { CloudTimes } from "./cloud-times.ts";
import { criticalPathMs } from "./critical-path.ts";
import { seedGroup } from "./seed-group.ts";

/** ms of the clock within which any failover of the bench must be done. */
const LIMIT_MS = 3_600_000;

/**
 * Runs one planned failover and answers its row.
 * @throws Error when it does not complete.
 */
export async function measureFailover(times: CloudTimes, members: number): Promise<Row> {
  const world = await createBenchWorld(times);
  const { sites, clock } = world;
  const groupId = await seedGroup(sites, members);
  const operationId = await sites.order(sites.b, groupId, { type: "failover", mode: "planned" });
  const engine = sites.engine(sites.b);
  world.startCounting();
  const [beganAt, workedBefore] = [clock.now(), clock.workedMs];
  await clock.run(
    engine.look(operationId).then(() => engine.idle()),
    LIMIT_MS,
  );
  const wallMs = clock.now() - beganAt;
  const workedMs = clock.workedMs - workedBefore;
  await requireCompleted(sites.b.connection, operationId);
  const steps = await loadSteps(sites.b.connection, operationId);
  const pathMs = criticalPathMs(steps, times);
  const calls = [...world.calls.values()].reduce((sum, count) => sum + count, 0);
  await world.stop();
  return {
    members,
    clouds: times.name,
    critical_path_s: seconds(pathMs),
    wall_s: seconds(wallMs),
    ratio: pathMs > 0 ? Math.round((wallMs / pathMs) * 1000) / 1000 : null,
    engine_cpu_s: seconds(workedMs),
    steps: steps.length,
    calls,
  };
}

async function requireCompleted(connection: Parameters<typeof loadSteps>[0], operationId: string): Promise<void> {
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
