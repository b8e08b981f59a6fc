import type { OperationType } from "@protector/contract";
import type { Clock } from "@protector/ports";
import { type ExpressionBuilder, sql } from "kysely";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import type { HeldLease } from "./journal.ts";
import { LeaseLost } from "./step-handler.ts";

/** Statuses in which an engine has something to do for an operation. */
export const WORKED_STATUSES = ["pending", "running", "waiting", "cancelling", "rolling_back"] as const;

/** Statuses in which it has something to do only when a person asks. */
const ASKED_STATUSES = ["paused", "failed", "completed_with_errors"] as const;

/** Nobody holds it, and there is something to do now. */
function isDue(eb: ExpressionBuilder<Database, "dr_operations">, connection: DatabaseConnection) {
  return eb.and([
    eb.or([eb("lease_expires_at", "is", null), eb("lease_expires_at", "<=", connection.now())]),
    eb.or([
      eb.and([
        eb("status", "in", WORKED_STATUSES),
        eb.or([eb("next_look_at", "is", null), eb("next_look_at", "<=", connection.now())]),
      ]),
      eb.and([eb("request", "is not", null), eb("status", "in", [...WORKED_STATUSES, ...ASKED_STATUSES])]),
    ]),
  ]);
}

/** An operation as it was when its lease was taken. */
export interface TakenLease extends HeldLease {
  /** Someone held it before and did not give it back: their last calls may still arrive. */
  readonly isTakeover: boolean;
  readonly type: OperationType;
  /** The site failover that it is a part of. */
  readonly parentId: string | null;
}

/**
 * Takes the lease of an operation that nobody holds, on the database's clock.
 * @returns undefined when another engine holds it, when it is not due, or when it has ended.
 */
export async function takeLease(
  connection: DatabaseConnection,
  request: { readonly operationId: string; readonly owner: string; readonly leaseMs: number },
): Promise<TakenLease | undefined> {
  const { operationId, owner, leaseMs } = request;
  return inTransaction(connection.db, async (trx) => {
    const row = await trx
      .selectFrom("dr_operations")
      .select(["lease_number", "lease_owner", "protection_group_id", "type", "parent_id"])
      .where("id", "=", operationId)
      .executeTakeFirst();
    if (!row) return undefined;
    const taken = await trx
      .updateTable("dr_operations")
      .set({
        lease_owner: owner,
        lease_number: row.lease_number + 1,
        lease_expires_at: connection.fromNow(leaseMs),
        updated_at: connection.now(),
      })
      .where("id", "=", operationId)
      .where("lease_number", "=", row.lease_number)
      .where((eb) => isDue(eb, connection))
      .executeTakeFirst();
    if (taken.numUpdatedRows === 0n) return undefined;
    return {
      operationId,
      groupId: row.protection_group_id,
      owner,
      number: row.lease_number + 1,
      isTakeover: row.lease_owner !== null,
      type: row.type,
      parentId: row.parent_id,
    };
  });
}

/** Operations that an engine may take now, oldest first. */
export async function findDueOperations(connection: DatabaseConnection, limit: number): Promise<readonly string[]> {
  const rows = await connection.db
    .selectFrom("dr_operations")
    .select("id")
    .where((eb) => isDue(eb, connection))
    .orderBy("created_at")
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Keeps a lease alive and knows how much of it is left. Only differences of the engine's clock count, so a clock that is
 * wrong by hours changes nothing.
 *
 * Lost as soon as a renewal touches no row, or when renewals have failed for the whole lease: `signal` then aborts with
 * {@link LeaseLost}.
 */
export class LeaseKeeper {
  readonly lease: HeldLease;
  readonly #connection: DatabaseConnection;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  #renewedAt: number;

  constructor(
    connection: DatabaseConnection,
    lease: HeldLease,
    options: { clock: Clock; leaseMs: number; takenAt: number },
  ) {
    this.#connection = connection;
    this.lease = lease;
    this.#clock = options.clock;
    this.#leaseMs = options.leaseMs;
    this.#renewedAt = options.takenAt;
  }

  /** Aborts when the lease is lost. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Before every outside call: at least a third of the lease must be left.
   * @throws LeaseLost
   */
  requireTimeLeft(): void {
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason;
    if (this.#clock.now() - this.#renewedAt > (this.#leaseMs * 2) / 3) {
      throw new LeaseLost(
        `operation ${this.lease.operationId}: less than a third of lease ${this.lease.number} is left`,
      );
    }
  }

  /** Renews at a third of the lease until stopped or lost. */
  async keep(): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(this.#leaseMs / 3, this.#stopped.signal);
        const asked = this.#clock.now();
        if (await this.#renew()) this.#renewedAt = asked;
        else if (this.#clock.now() - this.#renewedAt > this.#leaseMs) {
          this.#lose();
          return;
        }
      }
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#lose(error);
    }
  }

  /** Ends the renewals; the lease itself is given back by {@link giveBack}. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Lets another engine take the operation at once. */
  async giveBack(): Promise<void> {
    this.stop();
    await this.#connection.db
      .updateTable("dr_operations")
      .set({ lease_owner: null, lease_expires_at: null })
      .where("id", "=", this.lease.operationId)
      .where("lease_owner", "=", this.lease.owner)
      .where("lease_number", "=", this.lease.number)
      .execute();
  }

  /** False when the database did not answer; loses the lease when it is another's. */
  async #renew(): Promise<boolean> {
    const touched = await this.#connection.db
      .updateTable("dr_operations")
      .set({ lease_expires_at: this.#connection.fromNow(this.#leaseMs) })
      .where("id", "=", this.lease.operationId)
      .where("lease_owner", "=", this.lease.owner)
      .where("lease_number", "=", this.lease.number)
      .where(sql<boolean>`lease_expires_at > ${this.#connection.now()}`)
      .executeTakeFirst()
      .catch(() => undefined);
    if (touched && touched.numUpdatedRows === 0n) {
      this.#lose();
      throw this.#lost.signal.reason;
    }
    return touched !== undefined;
  }

  #lose(cause?: unknown): void {
    this.#lost.abort(
      cause instanceof LeaseLost
        ? cause
        : new LeaseLost(`operation ${this.lease.operationId}: lease ${this.lease.number} is lost`, { cause }),
    );
  }
}
