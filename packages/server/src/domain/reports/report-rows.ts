import type { OperationStep, ReportContent } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import type { AuditEventRow } from "../../db/repositories/audit-events.ts";
import type { OperationRow, OperationSummary } from "../../db/repositories/operations.ts";
import { findOperation } from "../../db/repositories/operations.ts";
import { findReplicationPolicy } from "../../db/repositories/replication-policies.ts";
import { findSite } from "../../db/repositories/sites.ts";
import type { Db } from "../../db/transaction.ts";
import type { ReportRows } from "./report-content.ts";

/** What is known of an operation before its report is read. */
export interface ReportedOperation {
  readonly operation: OperationRow;
  readonly steps: readonly OperationStep[];
  readonly groups: ReportContent["groups"];
  readonly localSiteId: string;
  readonly version: string;
}

/** Reads the rest of what a report of an operation says. */
export async function readReportRows(db: Db, known: ReportedOperation): Promise<ReportRows> {
  const { operation } = known;
  const groupId = operation.protection_group_id;
  const policy = groupId === null ? undefined : await findReplicationPolicy(db, groupId);
  const ranAt = await findSite(db, operation.site_id);
  return {
    ...known,
    audit: await auditOf(db, operation),
    point: await pointOf(db, operation),
    cleanup: await cleanupOf(db, operation),
    rpoSeconds: policy ? policy.rpo_minutes * 60 : null,
    rtoSeconds: policy?.rto_minutes == null ? null : policy.rto_minutes * 60,
    ranAt: { id: operation.site_id, name: ranAt?.name ?? operation.site_id },
  };
}

/** Of the request that started it, and of what was asked of it since. */
function auditOf(db: Db, { id, request_id }: OperationRow): Promise<AuditEventRow[]> {
  return db
    .selectFrom("audit_events")
    .selectAll()
    .where((eb) =>
      eb.or([eb("target_id", "=", id), ...(request_id === null ? [] : [eb("request_id", "=", request_id)])]),
    )
    .orderBy("at")
    .orderBy("id")
    .execute();
}

async function pointOf(db: Db, { protection_group_id, recovery_point }: OperationRow) {
  if (protection_group_id === null || recovery_point === null) return undefined;
  return db
    .selectFrom("recovery_points")
    .selectAll()
    .where("protection_group_id", "=", protection_group_id)
    .where("name", "=", recovery_point)
    .orderBy("cut_at", "desc")
    .executeTakeFirst();
}

/** The newest clean-up that concerned a test. */
async function cleanupOf(db: Db, test: OperationRow): Promise<OperationSummary | undefined> {
  if (test.type !== "test_failover") return undefined;
  const rows = await db
    .selectFrom("dr_operations")
    .select(["id", "parameters"])
    .where("protection_group_id", "=", test.protection_group_id)
    .where("type", "=", "test_cleanup")
    .where("created_at", ">=", test.created_at)
    .orderBy("created_at", "desc")
    .execute();
  const concerned = rows.filter(({ parameters }) => {
    const { test_id } = readJson(parameters) as { readonly test_id?: string };
    return test_id === undefined || test_id === test.id;
  });
  // A later clean-up of all tests of the group found nothing of one that was gone.
  const cleaner = concerned.find(({ id }) => test.status_reason?.endsWith(id)) ?? concerned[0];
  return cleaner && findOperation(db, { id: cleaner.id });
}
