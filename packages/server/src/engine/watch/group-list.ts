import type { DatabaseConnection } from "../../db/connection.ts";
import type { DbTime } from "../../db/schema.ts";

/** Ids of the groups that are set up on arrays: those with a policy, past their creation, not deleted. Oldest first. */
export async function groupsToWatch(connection: DatabaseConnection): Promise<readonly string[]> {
  const rows = await watchedGroups(connection)
    .orderBy("protection_groups.created_at")
    .orderBy("protection_groups.id")
    .execute();
  return rows.map(({ id }) => id);
}

/** Those of them whose readiness is to be looked at by now: the longest overdue first. */
export async function groupsDue(
  connection: DatabaseConnection,
  { now, most }: { readonly now: DbTime; readonly most: number },
): Promise<readonly string[]> {
  const rows = await watchedGroups(connection)
    .where((is) =>
      is.or([
        is("protection_groups.readiness_due_at", "is", null),
        is("protection_groups.readiness_due_at", "<=", now),
      ]),
    )
    .orderBy("protection_groups.readiness_due_at")
    .orderBy("protection_groups.id")
    .limit(most)
    .execute();
  return rows.map(({ id }) => id);
}

function watchedGroups({ db }: DatabaseConnection) {
  return db
    .selectFrom("protection_groups")
    .innerJoin("replication_policies", "replication_policies.protection_group_id", "protection_groups.id")
    .select("protection_groups.id")
    .where("protection_groups.deleted_at", "is", null)
    .where("protection_groups.status", "not in", ["creating", "deleting"]);
}

/** Groups that a round reads together: as many as a few queries, and a few questions to an array, hold. */
export const GROUPS_TOGETHER = 100;

/** A list in parts of at most `size`, in order. */
export function inParts<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.slice(part * size, (part + 1) * size));
}
