import type { Selectable } from "kysely";
import { type ListRequest, list } from "../list.ts";
import type { DrillRunsTable, DrillSchedulesTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type DrillScheduleRow = Selectable<DrillSchedulesTable>;
export type DrillRunRow = Selectable<DrillRunsTable>;

/** Schedules of a project, newest first unless sorted otherwise. */
export function listDrillSchedules(
  db: Db,
  { projectId }: { readonly projectId: string },
  request: ListRequest = {},
): Promise<DrillScheduleRow[]> {
  const query = db.selectFrom("drill_schedules").selectAll("drill_schedules").where("project_id", "=", projectId);
  return list({ query, table: "drill_schedules" }, request);
}

export function findDrillSchedule(
  db: Db,
  { id, projectId }: { readonly id: string; readonly projectId: string },
): Promise<DrillScheduleRow | undefined> {
  return db
    .selectFrom("drill_schedules")
    .selectAll()
    .where("id", "=", id)
    .where("project_id", "=", projectId)
    .executeTakeFirst();
}

/** The last drills of a schedule, newest first. */
export function listDrillRuns(db: Db, scheduleId: string, limit: number): Promise<DrillRunRow[]> {
  return db
    .selectFrom("drill_runs")
    .selectAll()
    .where("schedule_id", "=", scheduleId)
    .orderBy("due_at", "desc")
    .limit(limit)
    .execute();
}
