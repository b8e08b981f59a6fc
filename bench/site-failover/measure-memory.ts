import { runEngineProcess } from "../engine/run-engine.ts";
import { createBenchWorld } from "../failover/bench-world.ts";
import { INSTANT } from "../failover/cloud-times.ts";
import type { Row } from "../output/table.ts";
import { orderSiteFailover, requireCompleted, type Size } from "./many-groups.ts";

/**
 * The same with the engine in a process of its own, against clouds that answer at once: its most resident memory. Wall time
 * is that of the machine's clock, with calls carried between processes and the simulated services' own work in it.
 */
export async function measureMemory(size: Size): Promise<Row> {
  const world = await createBenchWorld(INSTANT, Date.now());
  const id = await orderSiteFailover(world.sites, size);
  const task = { site: "site-b", work: { kind: "operation", id } } as const;
  const run = await runEngineProcess(world, task, (connection) => requireCompleted(connection, id));
  await world.stop();
  return { ...size, clouds: "own process", critical_path_s: null, ratio: null, steps: null, ...run };
}
