import type { Insertable, Selectable } from "kysely";
import { type ListRequest, list } from "../list.ts";
import type { AuditEventsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type AuditEventRow = Selectable<AuditEventsTable>;

/** Events, newest first; of one project when `projectId` is given. */
export function listAuditEvents(
  db: Db,
  scope: { readonly projectId?: string },
  request: ListRequest = {},
): Promise<AuditEventRow[]> {
  let query = db.selectFrom("audit_events").selectAll("audit_events");
  if (scope.projectId !== undefined) query = query.where("project_id", "=", scope.projectId);
  return list(
    { query, table: "audit_events", tieBreak: ["id"], defaultSort: [{ column: "at", direction: "desc" }] },
    request,
  );
}

export async function insertAuditEvent(db: Db, row: Insertable<AuditEventsTable>): Promise<void> {
  await db.insertInto("audit_events").values(row).execute();
}
