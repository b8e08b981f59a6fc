import type { Selectable } from "kysely";
import { type ListRequest, list } from "../list.ts";
import type { ResourceLedgerTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

/** States of a row whose object may exist. */
export const MAY_EXIST = ["intended", "present", "adopted"] as const;

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

/** Ids of servers that operations other than tests have made for a group at a site, as far as they are not known to be gone. */
export async function recoveredServers(
  db: Db,
  where: { readonly groupId: string; readonly siteId: string },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("resource_ledger")
    .innerJoin("dr_operations", "dr_operations.id", "resource_ledger.operation_id")
    .select("resource_ledger.external_id")
    .where("resource_ledger.protection_group_id", "=", where.groupId)
    .where("resource_ledger.site_id", "=", where.siteId)
    .where("resource_ledger.kind", "=", "server")
    .where("resource_ledger.state", "!=", "removed")
    .where("dr_operations.type", "!=", "test_failover")
    .execute();
  return rows.flatMap(({ external_id }) => external_id ?? []);
}
