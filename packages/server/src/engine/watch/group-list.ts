import type { DatabaseConnection } from "../../db/connection.ts";

/** Ids of the groups that are set up on arrays: those with a policy, past their creation, not deleted. Oldest first. */
export async function groupsToWatch(connection: DatabaseConnection): Promise<readonly string[]> {
  const rows = await connection.db
    .selectFrom("protection_groups")
    .innerJoin("replication_policies", "replication_policies.protection_group_id", "protection_groups.id")
    .select("protection_groups.id")
    .where("protection_groups.deleted_at", "is", null)
    .where("protection_groups.status", "not in", ["creating", "deleting"])
    .orderBy("protection_groups.created_at")
    .orderBy("protection_groups.id")
    .execute();
  return rows.map(({ id }) => id);
}
