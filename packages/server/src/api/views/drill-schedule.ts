import type { DrillRun, DrillSchedule } from "@protector/contract";
import { isoTime } from "../../db/codecs.ts";
import { type DrillRunRow, type DrillScheduleRow, listDrillRuns } from "../../db/repositories/drill-schedules.ts";
import { findOperation } from "../../db/repositories/operations.ts";
import { findProtectionGroup } from "../../db/repositories/protection-groups.ts";
import { findRecoveryPlanRow } from "../../db/repositories/recovery-plans.ts";
import type { Db } from "../../db/transaction.ts";
import { nextDrills } from "../../domain/drill-times.ts";

const NEXT_RUNS = 3;

/** A drill schedule as the API shows it, with its last `runCount` drills. */
export async function drillScheduleView(
  db: Db,
  row: DrillScheduleRow,
  { now, runCount }: { readonly now: number; readonly runCount: number },
): Promise<DrillSchedule> {
  const runs = await listDrillRuns(db, row.id, runCount);
  const next = row.is_enabled === 1 ? nextDrills(row, now, NEXT_RUNS) : [];
  return {
    id: row.id,
    name: row.name,
    project_id: row.project_id,
    protection_group_id: row.protection_group_id,
    recovery_plan_id: row.recovery_plan_id,
    subject_name: await subjectName(db, row),
    cron: row.cron,
    time_zone: row.time_zone,
    window_seconds: row.window_seconds,
    hold_seconds: row.hold_seconds,
    notify_url: row.notify_url,
    notify_on: row.notify_on,
    is_enabled: row.is_enabled === 1,
    user_id: row.user_id,
    waiting_reason: row.waiting_reason,
    next_runs: next.map((time) => new Date(time).toISOString()),
    runs: await Promise.all(runs.map((run) => drillRunView(db, run))),
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}

async function drillRunView(db: Db, run: DrillRunRow): Promise<DrillRun> {
  const { operation_id } = run;
  const operation = operation_id === null ? undefined : await findOperation(db, { id: operation_id });
  return {
    due_at: isoTime(run.due_at),
    outcome: run.outcome,
    reason: run.reason,
    operation_id,
    operation_status: operation?.status ?? null,
    notice: run.notice,
    notice_error: run.notice_error,
  };
}

async function subjectName(db: Db, row: DrillScheduleRow): Promise<string | null> {
  const { protection_group_id: groupId, recovery_plan_id: planId } = row;
  if (groupId !== null) return (await findProtectionGroup(db, { id: groupId }))?.name ?? null;
  const plan = planId === null ? undefined : await findRecoveryPlanRow(db, { id: planId });
  return plan && plan.deleted_at === null ? plan.name : null;
}
