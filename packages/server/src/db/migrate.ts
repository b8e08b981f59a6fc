import { type Kysely, sql } from "kysely";
import type { DatabaseConnection } from "./connection.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import type { Database } from "./schema.ts";

/** s that a host waits while another one migrates. */
const LOCK_TIMEOUT_S = 600;

/** The schema does not suit this release. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

/** What {@link migrate} did. */
export interface MigrationResult {
  /** Revision before; null on an empty database. */
  readonly from: string | null;
  readonly to: string;
  /** Revisions applied, in order; empty when there was nothing to do. */
  readonly applied: readonly string[];
}

/** Revision that this release was written for. */
export function headRevision(migrations: readonly Migration[] = MIGRATIONS): string {
  const last = migrations.at(-1);
  if (!last) throw new SchemaError("this release has no migrations");
  return last.revision;
}

/** Revision of the database; null when `db sync` has never run on it. */
export async function currentRevision({ kind, db }: DatabaseConnection): Promise<string | null> {
  return (await hasVersionTable(kind, db)) ? readRevision(db) : null;
}

/**
 * @throws SchemaError unless the database is at this release's revision or a later one, which it can work with.
 */
export async function requireSchema(connection: DatabaseConnection): Promise<void> {
  const current = await currentRevision(connection);
  const head = headRevision();
  if (current !== null && current >= head) return;
  const found = current === null ? "has no tables" : `is at revision ${current}`;
  throw new SchemaError(`The database ${found}, this release needs ${head}. Run: protector-manage db sync`);
}

/**
 * Brings the schema to this release's revision. Doing it again changes nothing; hosts that do it at the same time wait
 * for each other.
 * @throws SchemaError when the database is at a revision that this release does not know, or another host holds the
 * lock for more than ten minutes.
 */
export function migrate(
  connection: DatabaseConnection,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<MigrationResult> {
  return connection.db.connection().execute(async (db) => {
    switch (connection.kind) {
      case "mariadb":
        return underNamedLock(db, () => applyMissing("mariadb", db, migrations));
      case "sqlite":
        return underExclusiveTransaction(db, () => applyMissing("sqlite", db, migrations));
    }
  });
}

async function underNamedLock<T>(db: Kysely<Database>, work: () => Promise<T>): Promise<T> {
  const name = sql`left(concat('protector-migrate-', database()), 64)`;
  const { rows } = await sql<{ taken: number | null }>`select get_lock(${name}, ${LOCK_TIMEOUT_S}) as taken`.execute(
    db,
  );
  if (rows[0]?.taken !== 1)
    throw new SchemaError(
      `Another host has been migrating this database for ${LOCK_TIMEOUT_S} s. Look at it, then repeat.`,
    );
  try {
    return await work();
  } finally {
    await sql`do release_lock(${name})`.execute(db);
  }
}

async function underExclusiveTransaction<T>(db: Kysely<Database>, work: () => Promise<T>): Promise<T> {
  await sql`begin exclusive`.execute(db);
  try {
    const result = await work();
    await sql`commit`.execute(db);
    return result;
  } catch (error) {
    await sql`rollback`.execute(db);
    throw error;
  }
}

async function applyMissing(
  kind: DatabaseConnection["kind"],
  db: Kysely<Database>,
  migrations: readonly Migration[],
): Promise<MigrationResult> {
  const from = (await hasVersionTable(kind, db)) ? await readRevision(db) : null;
  const done = migrations.findIndex(({ revision }) => revision === from);
  if (from !== null && done === -1)
    throw new SchemaError(
      `The database is at revision ${from}, which this release does not know (its newest is ${headRevision(migrations)}). Use the release that made it, or a later one.`,
    );
  const missing = migrations.slice(done + 1);
  for (const migration of missing) {
    for (const statement of migration.statements(kind)) await sql.raw(statement).execute(db);
    await writeRevision(kind, db, migration.revision);
  }
  return { from, to: headRevision(migrations), applied: missing.map(({ revision }) => revision) };
}

/** Catalog first: asking a missing table for its rows would end a transaction of some databases. */
async function hasVersionTable(kind: DatabaseConnection["kind"], db: Kysely<Database>): Promise<boolean> {
  const found =
    kind === "mariadb"
      ? sql`select 1 from information_schema.tables where table_schema = database() and table_name = 'alembic_version'`
      : sql`select 1 from sqlite_master where type = 'table' and name = 'alembic_version'`;
  return (await found.execute(db)).rows.length > 0;
}

async function readRevision(db: Kysely<Database>): Promise<string | null> {
  const row = await db.selectFrom("alembic_version").select("version_num").executeTakeFirst();
  return row?.version_num ?? null;
}

async function writeRevision(kind: DatabaseConnection["kind"], db: Kysely<Database>, revision: string): Promise<void> {
  const suffix = kind === "mariadb" ? " engine = InnoDB default character set utf8mb4 collate utf8mb4_bin" : "";
  await sql
    .raw(`create table if not exists alembic_version (version_num varchar(32) not null primary key)${suffix}`)
    .execute(db);
  const updated = await db.updateTable("alembic_version").set({ version_num: revision }).executeTakeFirst();
  if (updated.numUpdatedRows === 0n) await db.insertInto("alembic_version").values({ version_num: revision }).execute();
}
