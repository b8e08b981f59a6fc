/** Numbers of MariaDB and extended result codes of SQLite. */
const DUPLICATE = new Set([1062, 1586, 1555, 2067]);
const FOREIGN_KEY = new Set([1451, 1452, 1216, 1217, 787, 1811]);
/** A lock was waited for until the time limit of the server, 50 s by default. */
const LOCK_TIMEOUT = new Set([1205]);
const TRANSIENT = new Set([...LOCK_TIMEOUT, 1213, 1020]);

/**
 * Whether a unique constraint refused a row.
 * @param constraint its name, which MariaDB gives.
 * @param column one of its columns that no other unique constraint of the table has; SQLite gives the columns.
 */
export function isDuplicate(error: unknown, constraint: string, column: string): boolean {
  if (!(error instanceof Error) || !DUPLICATE.has(number(error))) return false;
  return error.message.includes(constraint) || error.message.includes(`.${column}`);
}

/** Whether a foreign key refused: a row still used, or one that refers to nothing. */
export function isForeignKeyViolation(error: unknown): boolean {
  return FOREIGN_KEY.has(number(error));
}

/** Whether the database gave a transaction up in favour of another: it was rolled back and can be repeated. */
export function isDeadlock(error: unknown): boolean {
  return TRANSIENT.has(number(error));
}

/** Whether it gave the transaction up for having waited too long: each repetition may wait as long again. */
export function isLockTimeout(error: unknown): boolean {
  return LOCK_TIMEOUT.has(number(error));
}

function number(error: unknown): number {
  if (!(error instanceof Error)) return 0;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode;
  return "errno" in error && typeof error.errno === "number" ? error.errno : 0;
}
