import type { Transaction } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { Journal, OperationWrite } from "./journal.ts";
import type { LeaseKeeper } from "./lease.ts";
import type { OperationRow } from "./operation-store.ts";

/** What everything that works on one operation shares. */
export interface OperationTools {
  readonly ports: EnginePorts;
  readonly journal: Journal;
  readonly keeper: LeaseKeeper;
}

/** ms between two looks at an operation that waits for something outside. */
export const LOOK_AGAIN_MS = 30_000;

/** Writes columns of the operation in a transaction of its journal. */
export async function setOperation(
  trx: Transaction<Database>,
  operationId: string,
  write: OperationWrite,
): Promise<void> {
  await trx.updateTable("dr_operations").set(write).where("id", "=", operationId).execute();
}

/** A person's request that was carried out is gone; one that came meanwhile stays. */
export async function clearRequest(
  trx: Transaction<Database>,
  operation: Pick<OperationRow, "id" | "request">,
): Promise<void> {
  if (operation.request === null) return;
  await trx
    .updateTable("dr_operations")
    .set({ request: null })
    .where("id", "=", operation.id)
    .where("request", "=", operation.request)
    .execute();
}
