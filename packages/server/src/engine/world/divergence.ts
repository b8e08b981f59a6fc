import type { PlanningContext } from "../workflows/workflow.ts";

/**
 * Whether the volumes of the site that a group has left hold what was written after the point that it was last recovered
 * from, and nothing of them was kept since: each reprotection keeps it. Asked of the database of the site that it runs at.
 */
export async function isDivergent({
  connection,
  view,
  localSiteId,
}: Pick<PlanningContext, "connection" | "view" | "localSiteId">): Promise<boolean> {
  const ended = await connection.db
    .selectFrom("dr_operations")
    .select(["type", "mode"])
    .where("protection_group_id", "=", view.group.id)
    .where("type", "in", ["failover", "failback", "reclaim", "reprotect"])
    .where("site_id", "=", localSiteId)
    .where("is_dry_run", "=", 0)
    .where("status", "in", ["completed", "completed_with_errors"])
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return ended !== undefined && (ended.type === "reclaim" || (ended.type === "failover" && ended.mode !== "planned"));
}

/**
 * Whether servers have run at the target in a recovery that the other site has taken back, and no reprotection has kept since
 * what they wrote. Asked of the database of the site that it is planned at.
 */
export async function hasRunInVain({
  connection,
  view,
  target,
}: Pick<PlanningContext, "connection" | "view" | "target">): Promise<boolean> {
  const latest = await connection.db
    .selectFrom("dr_operations")
    .select(["type", "site_id"])
    .where("protection_group_id", "=", view.group.id)
    .where("type", "in", ["failover", "failback", "reprotect"])
    .where("is_dry_run", "=", 0)
    .where((eb) =>
      eb.or([
        eb("status", "in", ["completed", "completed_with_errors"]),
        eb.and([eb("status", "=", "superseded"), eb("is_past_no_return", "=", 1)]),
      ]),
    )
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return latest !== undefined && latest.type !== "reprotect" && latest.site_id === target.siteId;
}
