import { runEngineProcess } from "../engine/run-engine.ts";
import type { Row } from "../output/table.ts";
import { createBenchWorld } from "./bench-world.ts";
import { INSTANT } from "./cloud-times.ts";
import { orderFailover, requireCompleted, requireLookedAt, type Work } from "./measure.ts";
import { seedGroup } from "./seed-group.ts";

/**
 * The same work with the engine in a process of its own, against clouds that answer at once: its most resident memory.
 * Wall time is the machine's.
 */
export async function measureFailoverMemory(members: number, work: Work): Promise<Row> {
  const world = await createBenchWorld(INSTANT, Date.now());
  const groupId = await seedGroup(world.sites, members);
  const run =
    work === "readiness"
      ? await runEngineProcess(world, { site: "site-a", work: { kind: "watches", name: "readiness" } }, (connection) =>
          requireLookedAt(connection, groupId),
        )
      : await failOver(world, { groupId, work });
  await world.stop();
  const { calls, ...used } = run;
  return {
    members,
    work,
    clouds: "own process",
    critical_path_s: null,
    ratio: null,
    steps: null,
    ...used,
    calls,
    calls_per_member: Math.round((calls / members) * 10) / 10,
  };
}

async function failOver(
  world: Awaited<ReturnType<typeof createBenchWorld>>,
  { groupId, work }: { readonly groupId: string; readonly work: Exclude<Work, "readiness"> },
) {
  const id = await orderFailover(world.sites, groupId, work);
  const task = { site: "site-b", work: { kind: "operation", id } } as const;
  return runEngineProcess(world, task, (connection) => requireCompleted(connection, id));
}
