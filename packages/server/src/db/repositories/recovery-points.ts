import type { Insertable, Selectable } from "kysely";
import { readTime, writeTime } from "../codecs.ts";
import { type ListRequest, list } from "../list.ts";
import type { DbTime, RecoveryPointsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type RecoveryPointRow = Selectable<RecoveryPointsTable>;

/** Recovery points of a group, newest cut first. Columns to sort and filter by: `cut_at`, `name`, `is_usable`, … */
export function listRecoveryPoints(db: Db, groupId: string, request: ListRequest = {}): Promise<RecoveryPointRow[]> {
  return list(
    {
      query: db.selectFrom("recovery_points").selectAll("recovery_points").where("protection_group_id", "=", groupId),
      table: "recovery_points",
      tieBreak: ["id"],
      defaultSort: [{ column: "cut_at", direction: "desc" }],
    },
    request,
  );
}

/** The newest point that servers could be recovered from, of the servers of `sourceSiteId`. */
export function findLatestUsablePoint(
  db: Db,
  { groupId, sourceSiteId }: { readonly groupId: string; readonly sourceSiteId: string },
): Promise<RecoveryPointRow | undefined> {
  return db
    .selectFrom("recovery_points")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .where("source_site_id", "=", sourceSiteId)
    .where("is_usable", "=", 1)
    .orderBy("cut_at", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** Two cuts under one name that are further apart than clocks are two points. ms */
const SAME_CUT_MS = 60_000;

/**
 * Stores what an array shows of a point: a known name (per group and source site) is updated, `id` and `proven_at` kept. An
 * array group that is made anew counts its points from 1 again: a later cut under the name is another point, unproven, with
 * volumes that nobody has looked at.
 */
export async function saveRecoveryPoint(db: Db, row: Insertable<RecoveryPointsTable>): Promise<void> {
  const { id: _, proven_at: __, ...seen } = row;
  const isAnother = writeTime(readTime(row.cut_at) - SAME_CUT_MS);
  const updated = await db
    .updateTable("recovery_points")
    // Before `cut_at`: MariaDB assigns from left to right.
    .set(({ eb }) => ({
      proven_at: eb.case().when("cut_at", "<", isAnother).then(null).else(eb.ref("proven_at")).end(),
      volumes_digest: eb.case().when("cut_at", "<", isAnother).then(null).else(eb.ref("volumes_digest")).end(),
      ...seen,
    }))
    .where("protection_group_id", "=", row.protection_group_id)
    .where("source_site_id", "=", row.source_site_id)
    .where("name", "=", row.name)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) await db.insertInto("recovery_points").values(row).execute();
}

/** Forgets the points of a group that the array no longer shows. */
export async function forgetRecoveryPoints(
  db: Db,
  { groupId, notSeenSince }: { readonly groupId: string; readonly notSeenSince: DbTime },
): Promise<bigint> {
  const result = await db
    .deleteFrom("recovery_points")
    .where("protection_group_id", "=", groupId)
    .where("seen_at", "<", notSeenSince)
    .executeTakeFirst();
  return result.numDeletedRows;
}
