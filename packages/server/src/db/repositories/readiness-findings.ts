import type { Selectable } from "kysely";
import { type ListRequest, list } from "../list.ts";
import type { DbTime, ReadinessFindingsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type ReadinessFindingRow = Selectable<ReadinessFindingsTable>;

/** Rows per INSERT or UPDATE. */
const ROWS_AT_ONCE = 200;

/** What readiness has found of a group, newest first: what is still found, and what is gone. */
export function listReadinessFindings(
  db: Db,
  groupId: string,
  request: ListRequest = {},
): Promise<ReadinessFindingRow[]> {
  return list(
    {
      query: db
        .selectFrom("readiness_findings")
        .selectAll("readiness_findings")
        .where("protection_group_id", "=", groupId),
      table: "readiness_findings",
      tieBreak: ["id"],
      defaultSort: [{ column: "found_at", direction: "desc" }],
    },
    request,
  );
}

/** What is still found of a group. */
export function listOpenFindings(db: Db, groupId: string): Promise<ReadinessFindingRow[]> {
  return db
    .selectFrom("readiness_findings")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .where("gone_at", "is", null)
    .execute();
}

/** Keeps findings that were not there before. */
export async function openFindings(db: Db, findings: readonly Omit<ReadinessFindingRow, "gone_at">[]): Promise<void> {
  const rows = findings.map((finding) => ({ ...finding, gone_at: null }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    await db
      .insertInto("readiness_findings")
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .execute();
}

/** The same finding says something else: an age has grown, say. */
export async function renewFinding(
  db: Db,
  id: string,
  { severity, reason, remedy }: Pick<ReadinessFindingRow, "severity" | "reason" | "remedy">,
): Promise<void> {
  await db.updateTable("readiness_findings").set({ severity, reason, remedy }).where("id", "=", id).execute();
}

/** They are found no longer. */
export async function closeFindings(db: Db, ids: readonly string[], goneAt: DbTime): Promise<void> {
  for (let from = 0; from < ids.length; from += ROWS_AT_ONCE)
    await db
      .updateTable("readiness_findings")
      .set({ gone_at: goneAt })
      .where("id", "in", ids.slice(from, from + ROWS_AT_ONCE))
      .execute();
}

/** Forgets what was gone before a time. */
export async function forgetFindings(db: Db, goneBefore: DbTime): Promise<void> {
  await db.deleteFrom("readiness_findings").where("gone_at", "<", goneBefore).execute();
}
