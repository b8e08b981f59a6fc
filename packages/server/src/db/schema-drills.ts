import type { DRILL_NOTICES, DRILL_OUTCOMES } from "@protector/contract";
import type { DbTime, Flag } from "./schema-columns.ts";

/** Of this site alone: it is not carried to the other one. */
export interface DrillSchedulesTable {
  id: string;
  project_id: string;
  name: string;
  /** One of the two is set. */
  protection_group_id: string | null;
  recovery_plan_id: string | null;
  cron: string;
  time_zone: string;
  window_seconds: number;
  hold_seconds: number | null;
  notify_url: string | null;
  notify_on: (typeof DRILL_NOTICES)[number];
  is_enabled: Flag;
  user_id: string;
  /** Null while it is disabled. A drill is claimed by moving it on. */
  next_run_at: DbTime | null;
  waiting_reason: string | null;
  created_at: DbTime;
  updated_at: DbTime;
}

export interface DrillRunsTable {
  id: string;
  schedule_id: string;
  due_at: DbTime;
  outcome: (typeof DRILL_OUTCOMES)[number];
  reason: string | null;
  operation_id: string | null;
  notice: "none" | "owed" | "sent" | "given_up";
  notice_attempts: number;
  notice_error: string | null;
  next_notice_at: DbTime | null;
}
