import { EXTERNAL_ID, FLAG, INTEGER, JSON_TEXT, NAME, TEXT, TIME, TIME_OR_NULL, UUID, WORD } from "./column-types.ts";
import type { TableDefinition } from "./ddl.ts";

/** Tables of the recovery plans. A plan may name a group that this site does not know yet, or no longer: no foreign key. */
export const PLAN_TABLES: readonly TableDefinition[] = [
  {
    name: "recovery_plans",
    columns: {
      id: UUID,
      project_id: EXTERNAL_ID,
      name: NAME,
      description: TEXT,
      concurrency: INTEGER,
      generation: INTEGER,
      digest: WORD,
      deleted_at: TIME_OR_NULL,
      created_at: TIME,
      updated_at: TIME,
      // As for groups: names are unique among the living.
      live_name: "varchar(255) generated always as (case when deleted_at is null then name end) virtual",
    },
    primaryKey: ["id"],
    unique: { uq_plans_live_name: ["project_id", "live_name"] },
    indexes: {
      ix_plans_project_created: ["project_id", "created_at", "id"],
      ix_plans_project_updated: ["project_id", "updated_at", "created_at", "id"],
      ix_plans_project_name: ["project_id", "name", "created_at", "id"],
    },
  },
  {
    name: "recovery_plan_groups",
    columns: {
      recovery_plan_id: UUID,
      protection_group_id: UUID,
      position: INTEGER,
      tier: INTEGER,
      depends_on: JSON_TEXT,
      delay_seconds: INTEGER,
      is_critical: FLAG,
    },
    primaryKey: ["recovery_plan_id", "protection_group_id"],
    foreignKeys: [
      {
        name: "fk_plan_groups_plan",
        column: "recovery_plan_id",
        references: "recovery_plans",
        onDelete: "cascade",
      },
    ],
    indexes: { ix_plan_groups_group: ["protection_group_id"] },
  },
];
