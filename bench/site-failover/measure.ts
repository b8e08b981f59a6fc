import { createBenchWorld } from "../failover/bench-world.ts";
import type { CloudTimes } from "../failover/cloud-times.ts";
import type { Row } from "../output/table.ts";
import { criticalPathOfGroups } from "./critical-path.ts";
import { AT_ONCE, orderSiteFailover, requireCompleted, type Size, stepsOfGroups } from "./many-groups.ts";

/** ms of the clock within which any site failover of the bench must be done. */
const LIMIT_MS = 4 * 3_600_000;

/**
 * Runs one planned site failover and answers its row.
 * @throws Error when it does not complete.
 */
export async function measureSiteFailover(times: CloudTimes, size: Size): Promise<Row> {
  const world = await createBenchWorld(times);
  const { sites, clock } = world;
  const id = await orderSiteFailover(sites, size);
  const engine = sites.engine(sites.b);
  world.startCounting();
  const [beganAt, workedBefore] = [clock.now(), clock.workedMs];
  await clock.run(
    engine.look(id).then(() => engine.idle()),
    LIMIT_MS,
  );
  const wallMs = clock.now() - beganAt;
  const workedMs = clock.workedMs - workedBefore;
  await requireCompleted(sites.b.connection, id);
  const groups = await stepsOfGroups(sites.b.connection, id);
  const pathMs = criticalPathOfGroups(groups, times, AT_ONCE);
  const calls = [...world.calls.values()].reduce((sum, count) => sum + count, 0);
  await world.stop();
  return {
    ...size,
    clouds: times.name,
    critical_path_s: seconds(pathMs),
    wall_s: seconds(wallMs),
    ratio: pathMs > 0 ? Math.round((wallMs / pathMs) * 1000) / 1000 : null,
    engine_cpu_s: seconds(workedMs),
    steps: groups.reduce((sum, steps) => sum + steps.length, 0),
    calls,
    engine_peak_mb: null,
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
