import { DRILL_TABLES } from "./0001-first-schema-drills.ts";
import { GROUP_TABLES } from "./0001-first-schema-groups.ts";
import { OPERATION_TABLES } from "./0001-first-schema-operations.ts";
import { PLAN_TABLES } from "./0001-first-schema-plans.ts";
import { READINESS_TABLES } from "./0001-first-schema-readiness.ts";
import { SITE_TABLES } from "./0001-first-schema-sites.ts";
import { createTable } from "./ddl.ts";
import type { Migration } from "./migration.ts";

/** All tables of the first release; those that others refer to come first. */
export const firstSchema: Migration = {
  revision: "0001_first_schema",
  step: "expand",
  statements: (dialect) =>
    [
      ...SITE_TABLES,
      ...GROUP_TABLES,
      ...READINESS_TABLES,
      ...PLAN_TABLES,
      ...DRILL_TABLES,
      ...OPERATION_TABLES,
    ].flatMap((table) => createTable(table, dialect)),
};
