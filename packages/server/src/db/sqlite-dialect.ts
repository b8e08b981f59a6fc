import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { bindable, type SqliteHandle } from "./sqlite-handle.ts";

/** Kysely over a shared {@link SqliteHandle}. Kysely's own dialect is written for better-sqlite3. */
export class NodeSqliteDialect implements Dialect {
  readonly #handle: SqliteHandle;
  readonly #gate: () => Promise<void>;

  /** @param gate awaited before each turn on the connection. */
  constructor(handle: SqliteHandle, gate: () => Promise<void> = () => Promise.resolve()) {
    this.#handle = handle;
    this.#gate = gate;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#handle, this.#gate);
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new SharedSqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

/** The handle's mutex takes the place of Kysely's own, which knows one instance only. */
class SharedSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #handle: SqliteHandle;
  readonly #gate: () => Promise<void>;
  readonly #turns = new WeakMap<DatabaseConnection, () => void>();

  constructor(handle: SqliteHandle, gate: () => Promise<void>) {
    this.#handle = handle;
    this.#gate = gate;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#gate();
    const giveTurnOn = await this.#handle.mutex.acquire();
    const connection = new NodeSqliteConnection(this.#handle);
    this.#turns.set(connection, giveTurnOn);
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // "immediate" takes the write lock at once: upgrading a read lock later can fail with SQLITE_BUSY at any wait.
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#turns.get(connection)?.();
    this.#turns.delete(connection);
  }

  async destroy(): Promise<void> {}
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #handle: SqliteHandle;

  constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { statement, isReader } = this.#handle.prepare(query.sql);
    const values = query.parameters.map(bindable);
    if (isReader) return { rows: statement.all(...values) as R[] };
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    const { statement } = this.#handle.prepare(query.sql);
    for (const row of statement.iterate(...query.parameters.map(bindable))) yield { rows: [row as R] };
  }
}
