import { watchesOf } from "../../packages/server/src/engine/watch/watches.ts";
import { type BenchWorld, createBenchWorld } from "../failover/bench-world.ts";
import { TYPICAL } from "../failover/cloud-times.ts";
import type { Row } from "../output/table.ts";
import { seedManyGroups } from "./many-groups.ts";

/** Recovery points of each group. */
export const POINTS = 5;

/** ms of the clock within which a round must be over. */
const LIMIT_MS = 3_600_000;

/**
 * Two rounds of every watch of an engine at the site where all groups run: the first knows nothing yet, the second finds what
 * the first has left. Times are those of the failover bench: a typical cloud, the engine's own CPU time.
 */
export async function measureWatches(groups: number, measured: (row: Row) => void): Promise<void> {
  const world = await createBenchWorld(TYPICAL);
  await seedManyGroups(world.sites, { groups, points: POINTS });
  for (const round of ["first", "again"]) {
    await world.sites.a.connection.db.updateTable("protection_groups").set({ readiness_due_at: null }).execute();
    for (const watch of watchesOf(world.sites.ports(world.sites.a).settings, { messaging: () => "none" })) {
      measured({ groups, watch: watch.name, round, ...(await measureRound(world, watch)) });
    }
  }
  await world.stop();
}

async function measureRound(world: BenchWorld, { round }: ReturnType<typeof watchesOf>[number]): Promise<Row> {
  const { sites, clock } = world;
  const ports = sites.ports(sites.a);
  world.startCounting();
  sites.events.length = 0;
  const [beganAt, workedBefore] = [clock.now(), clock.workedMs];
  await clock.run(round(ports, new AbortController().signal), LIMIT_MS);
  const failed = sites.events.filter(({ kind }) => kind === "watch_failed").length;
  const calls = [...world.calls].filter(([, count]) => count > 0);
  const of = (isArray: boolean) =>
    calls.reduce((sum, [name, count]) => (name.includes("/") === isArray ? sum : sum + count), 0);
  return {
    wall_s: Math.round(clock.now() - beganAt) / 1000,
    engine_cpu_s: Math.round(clock.workedMs - workedBefore) / 1000,
    array_calls: of(true),
    cloud_calls: of(false),
    failed,
  };
}
