import { type Kysely, MysqlAdapter, type Transaction } from "kysely";
import { isDeadlock, isLockTimeout } from "./constraint.ts";
import type { Database } from "./schema.ts";

/** A database or a transaction on it. */
export type Db = Kysely<Database> | Transaction<Database>;

/** Of many that are in each other's way one comes through at a time: there are several engines with 25 operations each. */
const MAX_ATTEMPTS = 100;
const MAX_LOCK_TIMEOUTS = 5;

/**
 * Runs `work` in a transaction, again when the database gave it up for another one. `work` must not do anything outside
 * the database, and must use only the transaction it gets.
 */
export async function inTransaction<T>(
  db: Kysely<Database>,
  work: (transaction: Transaction<Database>) => Promise<T>,
): Promise<T> {
  let timeouts = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (isLockTimeout(error)) timeouts += 1;
      if (attempt >= MAX_ATTEMPTS || timeouts >= MAX_LOCK_TIMEOUTS || !isDeadlock(error)) throw error;
    }
  }
}

/** Whether a handle is one on MariaDB. */
export function isMariadb(db: Db): boolean {
  return db.getExecutor().adapter instanceof MysqlAdapter;
}
