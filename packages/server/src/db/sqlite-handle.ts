import { resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Clock } from "@protector/ports";
import { writeTime } from "./codecs.ts";
import { Mutex } from "./mutex.ts";

/** KiB of pages kept in memory: the plan of a thousand servers, which stands in an operation's row, fits in several times. */
const CACHE_KIB = 65_536;
/** ms that a writer waits for another process that holds the file. */
const BUSY_TIMEOUT_MS = 10_000;
const MAX_CACHED_STATEMENTS = 1000;

interface CachedStatement {
  readonly statement: StatementSync;
  readonly isReader: boolean;
}

/**
 * One SQLite database with its one connection. node:sqlite is synchronous, so two connections of one process that wait
 * for each other's transaction would wait for ever: everybody shares this one, a turn at a time.
 */
export class SqliteHandle {
  readonly mutex = new Mutex();
  readonly clock: Clock;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, CachedStatement>();

  constructor(path: string, clock: Clock) {
    this.clock = clock;
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    if (path !== MEMORY) this.#database.exec("pragma journal_mode = wal; pragma synchronous = normal");
    this.#database.exec(`pragma cache_size = -${CACHE_KIB}`);
    this.#database.function("protector_now", { varargs: true }, (ms?: unknown) =>
      writeTime(clock.now() + Number(ms ?? 0)),
    );
  }

  /** The statement of `sql`, compiled once. */
  prepare(sql: string): CachedStatement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
    const statement = this.#database.prepare(sql);
    const cached = { statement, isReader: statement.columns().length > 0 };
    this.#statements.set(sql, cached);
    return cached;
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Path of a database that lives only in memory. */
export const MEMORY = ":memory:";

interface SharedHandle {
  readonly handle: SqliteHandle;
  users: number;
}

const fileHandles = new Map<string, SharedHandle>();

/**
 * The handle of a database file, shared by all who open it in this process; a database in memory is its opener's own.
 * @throws Error when the file is open already under another clock.
 */
export function acquireHandle(path: string, clock: Clock): { handle: SqliteHandle; release(): void } {
  if (path === MEMORY) {
    const handle = new SqliteHandle(MEMORY, clock);
    return { handle, release: () => handle.close() };
  }
  const file = resolve(path);
  const shared = fileHandles.get(file) ?? { handle: new SqliteHandle(file, clock), users: 0 };
  if (shared.handle.clock !== clock) throw new Error(`database ${file} is open already with another clock`);
  shared.users += 1;
  fileHandles.set(file, shared);
  return { handle: shared.handle, release: () => releaseFile(file, shared) };
}

function releaseFile(file: string, shared: SharedHandle): void {
  shared.users -= 1;
  if (shared.users > 0) return;
  fileHandles.delete(file);
  shared.handle.close();
}

/** A value as node:sqlite binds it: it knows no booleans. */
export function bindable(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === undefined) return null;
  return value as SQLInputValue;
}
