export * from "./codecs.ts";
export type { DatabaseConnection } from "./connection.ts";
export { currentRevision, headRevision, type MigrationResult, migrate, requireSchema, SchemaError } from "./migrate.ts";
export { type DatabaseDsn, type OpenDatabaseOptions, openDatabase } from "./open-database.ts";
export { type MariadbOptions, openMariadb } from "./open-mariadb.ts";
export { openSqlite, type SqliteOptions, withGate } from "./open-sqlite.ts";
export type * from "./schema.ts";
export { type DatabaseAddress, DatabaseUnavailableError } from "./unavailable.ts";
