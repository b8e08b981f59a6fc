import {
  EXTERNAL_ID,
  FLAG,
  INTEGER,
  INTEGER_OR_NULL,
  NAME,
  TEXT_OR_NULL,
  TIME,
  TIME_OR_NULL,
  UUID,
  UUID_OR_NULL,
  WORD,
} from "./column-types.ts";
import type { TableDefinition } from "./ddl.ts";

/** Tables of the drill schedules. What is tested may be gone: no foreign key. */
export const DRILL_TABLES: readonly TableDefinition[] = [
  {
    name: "drill_schedules",
    columns: {
      id: UUID,
      project_id: EXTERNAL_ID,
      name: NAME,
      protection_group_id: UUID_OR_NULL,
      recovery_plan_id: UUID_OR_NULL,
      cron: NAME,
      time_zone: WORD,
      window_seconds: INTEGER,
      hold_seconds: INTEGER_OR_NULL,
      notify_url: TEXT_OR_NULL,
      notify_on: WORD,
      is_enabled: FLAG,
      user_id: EXTERNAL_ID,
      next_run_at: TIME_OR_NULL,
      waiting_reason: TEXT_OR_NULL,
      created_at: TIME,
      updated_at: TIME,
    },
    primaryKey: ["id"],
    indexes: {
      ix_drills_project_created: ["project_id", "created_at", "id"],
      ix_drills_next_run: ["next_run_at"],
    },
  },
  {
    name: "drill_runs",
    columns: {
      id: UUID,
      schedule_id: UUID,
      due_at: TIME,
      outcome: WORD,
      reason: TEXT_OR_NULL,
      operation_id: UUID_OR_NULL,
      notice: WORD,
      notice_attempts: INTEGER,
      notice_error: TEXT_OR_NULL,
      next_notice_at: TIME_OR_NULL,
    },
    primaryKey: ["id"],
    unique: { uq_drill_runs_due: ["schedule_id", "due_at"] },
    foreignKeys: [
      { name: "fk_drill_runs_schedule", column: "schedule_id", references: "drill_schedules", onDelete: "cascade" },
    ],
    indexes: { ix_drill_runs_notice: ["notice", "next_notice_at"], ix_drill_runs_operation: ["operation_id"] },
  },
];
