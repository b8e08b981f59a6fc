import { type Clock, systemClock } from "@protector/ports";
import type { DatabaseConnection } from "./connection.ts";
import { type MariadbOptions, openMariadb } from "./open-mariadb.ts";
import { openSqlite } from "./open-sqlite.ts";

/** A parsed `[database] connection`. */
export type DatabaseDsn =
  | ({ readonly dialect: "mysql" } & Omit<MariadbOptions, "poolSize" | "connectTimeoutMs">)
  | { readonly dialect: "sqlite"; readonly path: string };

/** How to use the database, whichever it is. */
export interface OpenDatabaseOptions {
  /** Clock of a SQLite database; MariaDB has its own. Default the machine's. */
  readonly clock?: Clock;
  /** Most connections at once; MariaDB only. */
  readonly poolSize?: number;
  /** ms; MariaDB only. */
  readonly connectTimeoutMs?: number;
}

/** Opens the database that a DSN names. */
export function openDatabase(dsn: DatabaseDsn, options: OpenDatabaseOptions = {}): DatabaseConnection {
  const { clock = systemClock, ...pool } = options;
  switch (dsn.dialect) {
    case "sqlite":
      return openSqlite({ path: dsn.path, clock });
    case "mysql":
      return openMariadb({ ...dsn, ...pool });
  }
}
