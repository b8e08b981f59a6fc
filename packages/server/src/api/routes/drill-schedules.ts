import { type CreateDrillSchedule, ProtectorError, type UpdateDrillSchedule } from "@protector/contract";
import { flag, writeTime } from "../../db/codecs.ts";
import { type DrillScheduleRow, findDrillSchedule, listDrillSchedules } from "../../db/repositories/drill-schedules.ts";
import { findRecoveryPlanRow } from "../../db/repositories/recovery-plans.ts";
import { inTransaction } from "../../db/transaction.ts";
import { nextDrill } from "../../domain/drill-times.ts";
import { requireGroup } from "../../domain/group-guards.ts";
import { originOf } from "../../domain/hook-rules.ts";
import { audit } from "../audit.ts";
import { callerOf, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { drillScheduleView } from "../views/drill-schedule.ts";

type Names =
  | "drill_schedules.index"
  | "drill_schedules.create"
  | "drill_schedules.show"
  | "drill_schedules.update"
  | "drill_schedules.delete";

/** Drills that are shown of one schedule. */
const RUNS_SHOWN = 24;
const USUAL_WINDOW_SECONDS = 3600;

export function drillScheduleHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, clock, random } = ports;
  const { db } = database;
  const show = (row: DrillScheduleRow) => drillScheduleView(db, row, { now: clock.now(), runCount: RUNS_SHOWN });
  const require = async ({ id, project_id: projectId }: { readonly id: string; readonly project_id: string }) => {
    const row = await findDrillSchedule(db, { id, projectId });
    if (!row) throw new ProtectorError("drill_schedule.not_found", `There is no drill schedule ${id} at this site.`);
    return row;
  };
  return {
    "drill_schedules.index": async (call) => {
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listDrillSchedules(db, { projectId: call.path.project_id }, request),
        (row) => row,
      );
      const now = clock.now();
      const shown = await Promise.all(items.map((row) => drillScheduleView(db, row, { now, runCount: 1 })));
      return {
        body: { drill_schedules: shown, ...(next.length > 0 ? { drill_schedules_links: next } : {}), links },
        link: header,
      };
    },
    "drill_schedules.create": async (call) => {
      const { project_id } = call.path;
      const wanted = call.body.drill_schedule;
      await requireSubject(ports, project_id, wanted);
      requireNotice(ports, wanted);
      const times = { cron: wanted.cron, time_zone: wanted.time_zone ?? "UTC" };
      const now = clock.now();
      const next = nextDrill(times, now);
      const { userId } = callerOf(call);
      await ports.trusts.ensure(callerOf(call), project_id, call.requestId);
      const isEnabled = wanted.is_enabled ?? true;
      const id = random.uuid();
      await inTransaction(db, async (transaction) => {
        await transaction
          .insertInto("drill_schedules")
          .values({
            id,
            project_id,
            name: wanted.name,
            protection_group_id: wanted.protection_group_id ?? null,
            recovery_plan_id: wanted.recovery_plan_id ?? null,
            ...times,
            window_seconds: wanted.window_seconds ?? USUAL_WINDOW_SECONDS,
            hold_seconds: wanted.hold_seconds ?? null,
            notify_url: wanted.notify_url ?? null,
            notify_on: wanted.notify_on ?? "all",
            is_enabled: flag(isEnabled),
            user_id: userId,
            next_run_at: isEnabled ? writeTime(next) : null,
            waiting_reason: null,
            created_at: writeTime(now),
            updated_at: writeTime(now),
          })
          .execute();
        await audit(ports, transaction, {
          call,
          ...EVENT,
          action: "drill_schedules.create",
          targetId: id,
          detail: told(wanted),
        });
      });
      const row = await require({ id, project_id });
      return { body: { drill_schedule: await show(row) }, location: `/v1/${project_id}/drill-schedules/${id}` };
    },
    "drill_schedules.show": async ({ path }) => ({ body: { drill_schedule: await show(await require(path)) } }),
    "drill_schedules.update": async (call) => {
      const row = await require(call.path);
      const wanted = call.body.drill_schedule;
      requireNotice(ports, wanted);
      const { is_enabled = row.is_enabled === 1, ...changes } = wanted;
      const now = clock.now();
      const next = nextDrill({ cron: wanted.cron ?? row.cron, time_zone: wanted.time_zone ?? row.time_zone }, now);
      await ports.trusts.ensure(callerOf(call), row.project_id, call.requestId);
      await inTransaction(db, async (transaction) => {
        await transaction
          .updateTable("drill_schedules")
          .set({
            ...changes,
            is_enabled: flag(is_enabled),
            user_id: callerOf(call).userId,
            next_run_at: is_enabled ? writeTime(next) : null,
            waiting_reason: null,
            updated_at: writeTime(now),
          })
          .where("id", "=", row.id)
          .execute();
        await audit(ports, transaction, {
          call,
          ...EVENT,
          action: "drill_schedules.update",
          targetId: row.id,
          detail: told(wanted),
        });
      });
      return { body: { drill_schedule: await show(await require(call.path)) } };
    },
    "drill_schedules.delete": async (call) => {
      const row = await require(call.path);
      await inTransaction(db, async (transaction) => {
        await transaction.deleteFrom("drill_schedules").where("id", "=", row.id).execute();
        const detail = { name: row.name };
        await audit(ports, transaction, { call, ...EVENT, action: "drill_schedules.delete", targetId: row.id, detail });
      });
      return { body: undefined };
    },
  };
}

const EVENT = { targetType: "drill_schedule" } as const;

/** Of the URL the audit keeps the origin: the rest may be confidential. */
function told({ notify_url, ...wanted }: UpdateDrillSchedule) {
  return notify_url == null ? wanted : { ...wanted, notify_origin: originOf(notify_url) };
}

async function requireSubject({ database }: ApiPorts, projectId: string, wanted: CreateDrillSchedule): Promise<void> {
  const { protection_group_id: groupId, recovery_plan_id: planId } = wanted;
  if ((groupId === undefined) === (planId === undefined))
    throw new ProtectorError(
      "drill_schedule.invalid",
      "A drill schedule is of one protection group or of one recovery plan.",
    );
  if (groupId !== undefined) await requireGroup(database.db, { id: groupId, project_id: projectId });
  if (planId === undefined) return;
  const plan = await findRecoveryPlanRow(database.db, { id: planId, projectId });
  if (!plan || plan.deleted_at !== null)
    throw new ProtectorError("recovery_plan.not_found", `There is no recovery plan ${planId}.`);
}

function requireNotice({ settings }: ApiPorts, { notify_url }: UpdateDrillSchedule): void {
  if (notify_url == null || settings.isHookUrlAllowed(notify_url)) return;
  throw new ProtectorError("hook.url_refused", `The notification: ${originOf(notify_url)} is not in [hooks] networks.`);
}
