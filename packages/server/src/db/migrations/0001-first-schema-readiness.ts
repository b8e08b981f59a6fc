import { NAME, TEXT, TEXT_OR_NULL, TIME, TIME_OR_NULL, UUID, WORD } from "./column-types.ts";
import type { TableDefinition } from "./ddl.ts";

/** What readiness has found of a group, and when it was gone again. */
export const READINESS_TABLES: readonly TableDefinition[] = [
  {
    name: "readiness_findings",
    columns: {
      id: UUID,
      protection_group_id: UUID,
      check_name: WORD,
      severity: WORD,
      subject: NAME,
      reason: TEXT,
      remedy: TEXT_OR_NULL,
      found_at: TIME,
      gone_at: TIME_OR_NULL,
    },
    primaryKey: ["id"],
    foreignKeys: [
      {
        name: "fk_findings_group",
        column: "protection_group_id",
        references: "protection_groups",
        onDelete: "cascade",
      },
    ],
    indexes: {
      ix_findings_group_found: ["protection_group_id", "found_at", "id"],
      ix_findings_gone: ["gone_at"],
    },
  },
];
