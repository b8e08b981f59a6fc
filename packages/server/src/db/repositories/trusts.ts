import type { Insertable, Selectable } from "kysely";
import type { TrustsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type TrustRow = Selectable<TrustsTable>;

/** Usable trusts of a project, newest first; with `userId` those of one user. */
export function listUsableTrusts(
  db: Db,
  { projectId, userId }: { readonly projectId: string; readonly userId?: string },
): Promise<TrustRow[]> {
  let query = db.selectFrom("trusts").selectAll().where("project_id", "=", projectId).where("is_usable", "=", 1);
  if (userId !== undefined) query = query.where("user_id", "=", userId);
  return query.orderBy("created_at", "desc").orderBy("id", "desc").execute();
}

export async function insertTrust(db: Db, row: Insertable<TrustsTable>): Promise<void> {
  await db.insertInto("trusts").values(row).execute();
}

/** @returns whether there was such a trust. */
export async function deleteTrust(db: Db, id: string): Promise<boolean> {
  const result = await db.deleteFrom("trusts").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
