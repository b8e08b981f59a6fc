import type { DatabaseConnection } from "../../packages/server/src/db/connection.ts";
import { loadSteps } from "../../packages/server/src/engine/runner/operation-store.ts";
import { orderRun } from "../../test/world/plan-run.ts";
import type { TwoSites } from "../../test/world/two-sites.ts";
import { seedGroupOn, seedWideNetworks } from "../failover/seed-group.ts";

/** How many servers in how many groups. */
export interface Size {
  readonly servers: number;
  readonly groups: number;
}

/** Groups at work at once: as many as an engine takes. */
export const AT_ONCE = 25;

/** Protects servers of site A in so many groups, and orders the failover of the whole site; answers the operation's id. */
export async function orderSiteFailover(sites: TwoSites, { servers, groups }: Size): Promise<string> {
  const networks = seedWideNetworks(sites);
  const ids: Record<string, string> = {};
  for (let index = 0; index < groups; index += 1) {
    const count = Math.floor((servers * (index + 1)) / groups) - Math.floor((servers * index) / groups);
    ids[`g${index}`] = await seedGroupOn(sites, networks, { name: `g${index}`, count });
  }
  const action = { failover: { mode: "planned" as const } };
  return orderRun({ sites, ids }, { action, planId: null, concurrency: AT_ONCE });
}

/** @throws Error when the operation is not completed. */
export async function requireCompleted({ db }: DatabaseConnection, id: string): Promise<void> {
  const row = await db
    .selectFrom("dr_operations")
    .select(["status", "status_reason"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  if (row.status !== "completed") throw new Error(`the site failover is ${row.status}: ${row.status_reason}`);
}

/** The steps of each group's operation. */
export async function stepsOfGroups(connection: DatabaseConnection, id: string) {
  const children = await connection.db.selectFrom("dr_operations").select("id").where("parent_id", "=", id).execute();
  return Promise.all(children.map((child) => loadSteps(connection, child.id)));
}
