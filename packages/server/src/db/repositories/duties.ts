import type { Insertable, Selectable } from "kysely";
import type { DutiesTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type DutyRow = Selectable<DutiesTable>;

/** What is still owed: of a group, an operation or a site; oldest first. */
export function listOwedDuties(
  db: Db,
  scope: { readonly groupId?: string; readonly operationId?: string; readonly siteId?: string } = {},
): Promise<DutyRow[]> {
  let query = db.selectFrom("duties").selectAll().where("state", "=", "owed");
  if (scope.groupId !== undefined) query = query.where("protection_group_id", "=", scope.groupId);
  if (scope.operationId !== undefined) query = query.where("operation_id", "=", scope.operationId);
  if (scope.siteId !== undefined) query = query.where("site_id", "=", scope.siteId);
  return query.orderBy("created_at").orderBy("id").execute();
}

export async function insertDuties(db: Db, rows: readonly Insertable<DutiesTable>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto("duties").values(rows).execute();
}
