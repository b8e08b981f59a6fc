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
