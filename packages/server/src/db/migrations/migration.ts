import type { DdlDialect } from "./ddl.ts";

/**
 * One change of the schema. Migrations are only ever added at the end of the list, never edited once released, and
 * have no way back: a backup is the way back.
 *
 * Two releases that follow each other run on one schema, while a site is upgraded host by host. So a change that would
 * break the release before is spread over three:
 *
 * | step | release | what it may do |
 * |---|---|---|
 * | `expand` | N | add tables, indexes, and columns that are nullable or have a default; N-1 does not notice |
 * | `migrate` | N | fill what was added, in batches, each of which can run again |
 * | `contract` | N+1 | remove what only N-1 used |
 *
 * Every statement can run again: MariaDB commits each DDL statement on its own, so a crash leaves a migration half done
 * and the next run begins it anew.
 */
export interface Migration {
  /** `NNNN_words`, at most 32 characters, rising; what `alembic_version` holds after it. */
  readonly revision: string;
  readonly step: "expand" | "migrate" | "contract";
  statements(dialect: DdlDialect): readonly string[];
}
