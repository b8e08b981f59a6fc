import { ENDED_OPERATION_STATUSES, ProtectorError } from "@protector/contract";
import type { Transaction } from "kysely";
import { writeJson, writeTime } from "../../db/codecs.ts";
import { newOperationRow } from "../../db/new-rows.ts";
import { insertAuditEvent } from "../../db/repositories/audit-events.ts";
import type { DrillScheduleRow } from "../../db/repositories/drill-schedules.ts";
import { storeOperation } from "../../db/repositories/operation-requests.ts";
import { findProtectionGroup } from "../../db/repositories/protection-groups.ts";
import { findRecoveryPlanRow } from "../../db/repositories/recovery-plans.ts";
import { findLocalSite } from "../../db/repositories/sites.ts";
import type { Database } from "../../db/schema.ts";
import { derivedId } from "../../domain/derived-id.ts";
import { groupOrder } from "../../domain/group-orders.ts";
import type { EnginePorts } from "../engine-ports.ts";

/**
 * Orders the test failover of a drill in the name of whoever made its schedule, as an action of the API would.
 * @throws ProtectorError what the group or the plan refuses, as it would refuse a person.
 */
export async function orderDrill(
  trx: Transaction<Database>,
  ports: EnginePorts,
  schedule: DrillScheduleRow,
  operationId: string,
): Promise<void> {
  const site = await findLocalSite(trx);
  if (!site) throw new Error("this site has no row");
  const row = {
    id: operationId,
    project_id: schedule.project_id,
    user_id: schedule.user_id,
    site_id: site.id,
    request_id: `req-${operationId}`,
    created_at: writeTime(ports.clock.now()),
  };
  if (schedule.protection_group_id !== null) await orderGroup(trx, ports, { schedule, row });
  else await orderPlan(trx, ports, { schedule, row });
  await insertAuditEvent(trx, {
    id: derivedId("audit", operationId),
    at: row.created_at,
    project_id: schedule.project_id,
    user_id: schedule.user_id,
    request_id: row.request_id,
    action: "drill_schedules.run",
    target_type: "drill_schedule",
    target_id: schedule.id,
    outcome: "success",
    detail: writeJson({
      drill: { reason: `scheduled as "${schedule.name}", due ${schedule.next_run_at} UTC` },
      operation_id: operationId,
    }),
  });
}

interface Order {
  readonly schedule: DrillScheduleRow;
  readonly row: Pick<
    Parameters<typeof newOperationRow>[0],
    "id" | "project_id" | "user_id" | "site_id" | "request_id" | "created_at"
  >;
}

/** How the copies go away again. */
function cleanupOf({ hold_seconds }: DrillScheduleRow) {
  return hold_seconds === null
    ? { cleanup: "auto" as const }
    : { cleanup: "manual" as const, time_limit: hold_seconds };
}

async function orderGroup(trx: Transaction<Database>, ports: EnginePorts, { schedule, row }: Order): Promise<void> {
  const groupId = schedule.protection_group_id ?? "";
  const group = await findProtectionGroup(trx, { id: groupId });
  if (!group || group.deleted_at !== null)
    throw new ProtectorError("protection_group.not_found", `There is no protection group ${groupId} here any more.`);
  const order = groupOrder({ test_failover: cleanupOf(schedule) }, row.site_id);
  await order.check(trx, group, row.id);
  await storeOperation(ports.connection, trx, {
    claimsGroup: true,
    row: newOperationRow({
      ...row,
      type: order.type,
      protection_group_id: group.id,
      protection_group_name: group.name,
      parameters: writeJson({ ...order.parameters }),
    }),
  });
}

async function orderPlan(trx: Transaction<Database>, ports: EnginePorts, { schedule, row }: Order): Promise<void> {
  const planId = schedule.recovery_plan_id ?? "";
  const plan = await findRecoveryPlanRow(trx, { id: planId });
  if (!plan || plan.deleted_at !== null)
    throw new ProtectorError("recovery_plan.not_found", `There is no recovery plan ${planId} here any more.`);
  const other = await trx
    .selectFrom("dr_operations")
    .select("id")
    .where("type", "=", "site_failover")
    .where("recovery_plan_id", "=", planId)
    .where("is_dry_run", "=", 0)
    .where("status", "not in", ENDED_OPERATION_STATUSES)
    .executeTakeFirst();
  if (other)
    throw new ProtectorError("recovery_plan.busy", `Recovery plan "${plan.name}" is under way: operation ${other.id}.`);
  await storeOperation(ports.connection, trx, {
    claimsGroup: false,
    row: newOperationRow({
      ...row,
      type: "site_failover",
      mode: "test_failover",
      protection_group_id: null,
      protection_group_name: plan.name,
      recovery_plan_id: planId,
      parameters: writeJson({
        action: { test_failover: cleanupOf(schedule) },
        peerSiteId: null,
        concurrency: plan.concurrency,
      }),
    }),
  });
}
