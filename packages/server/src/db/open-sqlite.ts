import { type Clock, systemClock } from "@protector/ports";
import { Kysely, sql } from "kysely";
import type { DatabaseConnection } from "./connection.ts";
import type { Database, DbTime } from "./schema.ts";
import { NodeSqliteDialect } from "./sqlite-dialect.ts";
import { acquireHandle, type SqliteHandle } from "./sqlite-handle.ts";

const handles = new WeakMap<DatabaseConnection, SqliteHandle>();

/** Where a SQLite database is, and whose time it tells. */
export interface SqliteOptions {
  /** File, or `:memory:`. */
  readonly path: string;
  /** The database's own clock; default the machine's. */
  readonly clock?: Clock;
}

/**
 * Opens a SQLite database. There is one connection to it: inside a transaction use the transaction only, a query on
 * `db` there would wait for itself.
 * @throws Error of node:sqlite when the file cannot be opened.
 */
export function openSqlite(options: SqliteOptions): DatabaseConnection {
  const { handle, release } = acquireHandle(options.path, options.clock ?? systemClock);
  let isOpen = true;
  return connect(handle, {
    close: () => {
      if (isOpen) release();
      isOpen = false;
    },
  });
}

/**
 * The same database behind a gate, as one killed or paused process sees it: every turn on the database awaits `gate()`
 * first; what already has its turn finishes. Closing it leaves the database open.
 * @throws Error when `connection` is not of {@link openSqlite}.
 */
export function withGate(connection: DatabaseConnection, gate: () => Promise<void>): DatabaseConnection {
  const handle = handles.get(connection);
  if (!handle) throw new Error("only a SQLite database can be put behind a gate");
  return connect(handle, { gate, close: () => {} });
}

function connect(
  handle: SqliteHandle,
  { gate, close }: { readonly gate?: () => Promise<void>; close(): void },
): DatabaseConnection {
  const db = new Kysely<Database>({ dialect: new NodeSqliteDialect(handle, gate) });
  const connection: DatabaseConnection = {
    kind: "sqlite",
    db,
    now: () => sql<DbTime>`protector_now()`,
    fromNow: (ms) => sql<DbTime>`protector_now(${ms})`,
    close: async () => {
      await db.destroy();
      close();
    },
  };
  handles.set(connection, handle);
  return connection;
}
