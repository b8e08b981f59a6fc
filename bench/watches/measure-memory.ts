import { createBenchWorld } from "../failover/bench-world.ts";
import { INSTANT } from "../failover/cloud-times.ts";
import type { Row } from "../output/table.ts";
import { runEngineProcess } from "../site-failover/measure-memory.ts";
import { seedManyGroups } from "./many-groups.ts";
import { POINTS } from "./measure.ts";

/** A round of every watch, all at once, in a process that is nothing but an engine: its most resident memory. */
export async function measureWatchMemory(groups: number): Promise<Row> {
  const world = await createBenchWorld(INSTANT, Date.now());
  await seedManyGroups(world.sites, { groups, points: POINTS });
  const beganAt = Date.now();
  const { peakKib, cpuMs, calls } = await runEngineProcess(world, "site-a", { kind: "watches" });
  const wallMs = Date.now() - beganAt;
  await world.stop();
  return {
    groups,
    wall_s: wallMs / 1000,
    engine_cpu_s: Math.round(cpuMs) / 1000,
    calls,
    engine_peak_mb: Math.round(peakKib / 1024),
  };
}
