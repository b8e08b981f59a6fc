import type { Selectable } from "kysely";
import { type ListRequest, list } from "../list.ts";
import type { ResourceLedgerTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type LedgerRow = Selectable<ResourceLedgerTable>;

/** Which rows of the ledger; no member means all. */
export interface LedgerScope {
  readonly operationId?: string;
  readonly groupId?: string;
  readonly states?: readonly ResourceLedgerState[];
}
type ResourceLedgerState = ResourceLedgerTable["state"];

/** Outside objects that Protector made or adopted, newest first: the order in which they are deleted. */
export function listLedger(db: Db, scope: LedgerScope, request: ListRequest = {}): Promise<LedgerRow[]> {
  let query = db.selectFrom("resource_ledger").selectAll("resource_ledger");
  if (scope.operationId !== undefined) query = query.where("operation_id", "=", scope.operationId);
  if (scope.groupId !== undefined) query = query.where("protection_group_id", "=", scope.groupId);
  if (scope.states !== undefined) query = query.where("state", "in", scope.states);
  return list({ query, table: "resource_ledger" }, request);
}
