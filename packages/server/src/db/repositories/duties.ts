import type { InsertObject, Selectable } from "kysely";
import type { Database, DutiesTable } from "../schema.ts";
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

/** A duty that nobody has tried to do. */
export type NewDuty = Omit<InsertObject<Database, "duties">, "state" | "attempts" | "last_error" | "done_at">;

/** Writes down what a site owes. */
export async function insertDuty(db: Db, duty: NewDuty): Promise<void> {
  await db
    .insertInto("duties")
    .values({ ...duty, state: "owed", attempts: 0 })
    .execute();
}
