import type { DatabaseConnection } from "../../db/connection.ts";
import type { GroupView } from "./group-view.ts";

/** A group as far as its arrays are concerned: without members and mappings. */
export type ReplicatedGroup = Pick<GroupView, "group" | "policy" | "consistencyGroups" | "volumes">;

/** Many groups by few queries, in the order of their ids; those that are gone meanwhile are left out. */
export async function loadReplicatedGroups(
  { db }: DatabaseConnection,
  ids: readonly string[],
): Promise<readonly ReplicatedGroup[]> {
  if (ids.length === 0) return [];
  const groups = await db.selectFrom("protection_groups").selectAll().where("id", "in", ids).execute();
  const policies = await db
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "in", ids)
    .execute();
  const consistencyGroups = await db
    .selectFrom("consistency_groups")
    .selectAll()
    .where("protection_group_id", "in", ids)
    .execute();
  const volumes = await db
    .selectFrom("cg_volumes")
    .innerJoin("consistency_groups", "consistency_groups.id", "cg_volumes.consistency_group_id")
    .selectAll("cg_volumes")
    .where("consistency_groups.protection_group_id", "in", ids)
    .orderBy("cg_volumes.position")
    .execute();
  const policyOf = new Map(policies.map((policy) => [policy.protection_group_id, policy]));
  const rowsOf = Map.groupBy(consistencyGroups, (row) => row.protection_group_id);
  const volumesOf = Map.groupBy(volumes, (row) => row.consistency_group_id);
  const byId = new Map(groups.map((group) => [group.id, group]));
  return ids.flatMap((id) => {
    const group = byId.get(id);
    const rows = rowsOf.get(id) ?? [];
    if (!group) return [];
    const held = rows.flatMap((row) => volumesOf.get(row.id) ?? []);
    return [{ group, policy: policyOf.get(id), consistencyGroups: rows, volumes: held }];
  });
}
