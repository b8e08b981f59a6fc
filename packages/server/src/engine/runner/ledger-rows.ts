import { createHash } from "node:crypto";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { ResourceLedgerTable } from "../../db/schema.ts";
import type { Db } from "../../db/transaction.ts";
import type { LedgerEntry } from "./ledger.ts";

/** Which row of the ledger: one per operation, step and object. */
export interface LedgerKey {
  readonly operationId: string;
  readonly stepKey: string;
  readonly entry: LedgerEntry;
}

/** State of one outside object, as a row of the ledger holds it. */
export interface LedgerState extends LedgerKey {
  readonly groupId: string;
  readonly state: ResourceLedgerTable["state"];
  /** Null keeps the id that is known. */
  readonly externalId: string | null;
}

/** Writes an outside object's state. */
export async function saveLedgerRow(db: Db, connection: DatabaseConnection, row: LedgerState): Promise<void> {
  const { operationId, stepKey, entry, state, externalId } = row;
  const id = ledgerId(row);
  const changed = await db
    .updateTable("resource_ledger")
    .set({ state, updated_at: connection.now(), ...(externalId === null ? {} : { external_id: externalId }) })
    .where("id", "=", id)
    .executeTakeFirst();
  if (changed.numUpdatedRows > 0n) return;
  await db
    .insertInto("resource_ledger")
    .values({
      id,
      operation_id: operationId,
      step_key: stepKey,
      protection_group_id: row.groupId,
      site_id: entry.siteId,
      project_id: entry.projectId,
      kind: entry.kind,
      name: entry.name,
      external_id: externalId,
      state,
      created_at: connection.now(),
      updated_at: connection.now(),
    })
    .execute();
}

/** Says that an object is there, when it has a row. */
export async function confirmLedgerRow(
  db: Db,
  connection: DatabaseConnection,
  row: LedgerKey & { readonly externalId: string },
): Promise<void> {
  await db
    .updateTable("resource_ledger")
    .set({ state: "present", external_id: row.externalId, updated_at: connection.now() })
    .where("id", "=", ledgerId(row))
    .execute();
}

/** Whether a row says that the step has made the object, or was about to. */
export async function holdsLedgerRow(db: Db, key: LedgerKey): Promise<boolean> {
  const row = await db.selectFrom("resource_ledger").select("state").where("id", "=", ledgerId(key)).executeTakeFirst();
  return row !== undefined && row.state !== "removed";
}

function ledgerId({ operationId, stepKey, entry }: LedgerKey): string {
  const hex = createHash("sha256").update([operationId, stepKey, entry.kind, entry.name].join("\n")).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
