import { runEngineProcess } from "../engine/run-engine.ts";
import { createBenchWorld } from "../failover/bench-world.ts";
import { INSTANT } from "../failover/cloud-times.ts";
import type { Row } from "../output/table.ts";
import { seedManyGroups } from "./many-groups.ts";
import { POINTS } from "./measure.ts";

/** A round of every watch, all at once, in a process that is nothing but an engine: its most resident memory. */
export async function measureWatchMemory(groups: number): Promise<Row> {
  const world = await createBenchWorld(INSTANT, Date.now());
  await seedManyGroups(world.sites, { groups, points: POINTS });
  const run = await runEngineProcess(world, { site: "site-a", work: { kind: "watches" } });
  await world.stop();
  return { groups, ...run };
}
