import { type Kysely, MysqlAdapter, type Transaction } from "kysely";
import { isDeadlock } from "./constraint.ts";
import type { Database } from "./schema.ts";

/** A database or a transaction on it. */
export type Db = Kysely<Database> | Transaction<Database>;

const MAX_ATTEMPTS = 5;

/**
 * Runs `work` in a transaction, again when the database gave it up for another one. `work` must not do anything outside
 * the database, and must use only the transaction it gets.
 */
export async function inTransaction<T>(
  db: Kysely<Database>,
  work: (transaction: Transaction<Database>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isDeadlock(error)) throw error;
    }
  }
}

/** Whether a handle is one on MariaDB. */
export function isMariadb(db: Db): boolean {
  return db.getExecutor().adapter instanceof MysqlAdapter;
}
