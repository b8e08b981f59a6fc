import { sql } from "kysely";
import type { DatabaseConnection } from "../../packages/server/src/db/connection.ts";
import { migrate } from "../../packages/server/src/db/migrate.ts";

const ROWS_PER_INSERT = 200;

/** Writes every row of a site's SQLite database into an empty MariaDB: times and JSON are the same texts in both. */
export async function copyToMariadb(from: DatabaseConnection, to: DatabaseConnection): Promise<void> {
  await migrate(to);
  await to.db.connection().execute(async (db) => {
    await sql`set foreign_key_checks = 0`.execute(db);
    const { rows: tables } = await sql<{ name: string; columns: string }>`
      select table_name as name, group_concat(column_name) as columns
      from information_schema.columns
      where table_schema = database() and is_generated = 'NEVER' and table_name <> 'alembic_version'
      group by table_name`.execute(db);
    for (const { name, columns } of tables) {
      const named = columns.split(",").map((column) => sql.ref(column));
      const { rows } = await sql<Record<string, unknown>>`select ${sql.join(named)} from ${sql.table(name)}`.execute(
        from.db,
      );
      for (let first = 0; first < rows.length; first += ROWS_PER_INSERT) {
        const values = rows.slice(first, first + ROWS_PER_INSERT).map((row) => sql`(${sql.join(Object.values(row))})`);
        await sql`insert into ${sql.table(name)} (${sql.join(named)}) values ${sql.join(values)}`.execute(db);
      }
    }
    await sql`set foreign_key_checks = 1`.execute(db);
  });
}
