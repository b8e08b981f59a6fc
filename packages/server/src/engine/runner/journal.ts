import type { ErrorItem, OperationStatus, StepStatus } from "@protector/contract";
import type { Transaction, UpdateObject } from "kysely";
import { writeJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import type { LedgerEntry, LedgerWriter } from "./ledger.ts";
import { confirmLedgerRow, holdsLedgerRow, saveLedgerRow } from "./ledger-rows.ts";
import { LeaseLost } from "./step-handler.ts";

/** The lease under which an engine writes. */
export interface HeldLease {
  readonly operationId: string;
  /** Null of an operation on many groups, which makes no outside objects. */
  readonly groupId: string | null;
  readonly owner: string;
  readonly number: number;
}

/** Told around every commit of the journal; what they await is awaited. */
export interface JournalObserver {
  beforeCommit?(operationId: string, writes: readonly string[]): Promise<void> | void;
  afterCommit?(operationId: string, writes: readonly string[]): Promise<void> | void;
}

/** Change of a step's row. */
export interface StepWrite {
  readonly status: StepStatus;
  readonly attempt?: number;
  readonly output?: unknown;
  readonly error?: ErrorItem | null;
  readonly message?: string | null;
  readonly progress?: number | null;
  /** `now` stamps the database's clock. */
  readonly startedAt?: "now";
  readonly finishedAt?: "now" | null;
  readonly input?: unknown;
}

/** Columns of the operation that the runner changes. */
export type OperationWrite = Partial<UpdateObject<Database, "dr_operations">> & { readonly status?: OperationStatus };

type Apply = (trx: Transaction<Database>) => Promise<void>;

interface Pending {
  readonly label: string;
  readonly apply: Apply;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Every write of a running operation, in order, each commit guarded by the lease: when no row of the operation carries our
 * lease any more, nothing is written and {@link LeaseLost} is thrown to every writer.
 *
 * Writes that are asked for while a commit is under way go into the next one together: a thousand members that move at
 * once cost a few commits, and each still has its intent in the database before its call.
 */
export class Journal implements LedgerWriter {
  readonly #connection: DatabaseConnection;
  readonly #lease: HeldLease;
  readonly #observer: JournalObserver;
  #queue: Pending[] = [];
  #flushing = false;
  #lost: LeaseLost | undefined;
  /** Called when a commit sees that a person asks something of the operation. */
  onRequest: () => void = () => {};

  constructor(connection: DatabaseConnection, lease: HeldLease, observer: JournalObserver = {}) {
    this.#connection = connection;
    this.#lease = lease;
    this.#observer = observer;
  }

  get connection(): DatabaseConnection {
    return this.#connection;
  }

  /** Writes a step's new state. */
  writeStep(key: string, write: StepWrite): Promise<void> {
    return this.write(`step ${key} ${write.status}`, async (trx) => {
      await trx
        .updateTable("dr_operation_steps")
        .set({
          status: write.status,
          lease_number: this.#lease.number,
          ...(write.attempt === undefined ? {} : { attempt: write.attempt }),
          ...(write.output === undefined ? {} : { output: writeJson(write.output) }),
          ...(write.input === undefined ? {} : { input: writeJson(write.input) }),
          ...(write.error === undefined ? {} : { error: write.error === null ? null : writeJson(write.error) }),
          ...(write.message === undefined ? {} : { message: write.message }),
          ...(write.progress === undefined ? {} : { progress: write.progress }),
          ...(write.startedAt ? { started_at: this.#connection.now() } : {}),
          ...(write.finishedAt === undefined
            ? {}
            : { finished_at: write.finishedAt === "now" ? this.#connection.now() : null }),
        })
        .where("operation_id", "=", this.#lease.operationId)
        .where("step_key", "=", key)
        .execute();
    });
  }

  /** Writes columns of the operation. */
  writeOperation(write: OperationWrite): Promise<void> {
    return this.write(`operation ${write.status ?? Object.keys(write).join(",")}`, async (trx) => {
      await trx
        .updateTable("dr_operations")
        .set({ updated_at: this.#connection.now(), ...write })
        .where("id", "=", this.#lease.operationId)
        .execute();
    });
  }

  /** Writes one outside object's state. One row per step and name. */
  writeLedger(
    stepKey: string,
    entry: LedgerEntry,
    state: "intended" | "present" | "adopted" | "removed" | "orphan",
    externalId: string | null,
  ): Promise<void> {
    const { groupId } = this.#lease;
    if (groupId === null) throw new Error(`operation ${this.#lease.operationId} makes no outside objects`);
    const of = { operationId: this.#lease.operationId, groupId, stepKey };
    return this.write(`ledger ${entry.kind} ${entry.name} ${state}`, (trx) =>
      saveLedgerRow(trx, this.#connection, { ...of, entry, state, externalId }),
    );
  }

  /** An object that an earlier try may have made is there: its row, when there is one, says so. */
  confirmLedger(stepKey: string, entry: LedgerEntry, externalId: string): Promise<void> {
    const of = { operationId: this.#lease.operationId, stepKey, entry };
    return this.write(`ledger ${entry.kind} ${entry.name} confirmed`, (trx) =>
      confirmLedgerRow(trx, this.#connection, { ...of, externalId }),
    );
  }

  /** Whether a row says that the step has made the object, or was about to. */
  holdsLedger(stepKey: string, entry: LedgerEntry): Promise<boolean> {
    return holdsLedgerRow(this.#connection.db, { operationId: this.#lease.operationId, stepKey, entry });
  }

  /**
   * Writes anything under the lease.
   * @param label what it is, for observers.
   * @throws LeaseLost when another engine holds the operation.
   */
  write(label: string, apply: Apply): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#queue.push({ label, apply, resolve, reject });
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    // One microtask turn lets writers that are ready together into the same commit.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      await this.#commit(batch);
    }
    this.#flushing = false;
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    const labels = batch.map((write) => write.label);
    try {
      await this.#observer.beforeCommit?.(this.#lease.operationId, labels);
      await inTransaction(this.#connection.db, async (trx) => {
        await this.#requireLease(trx);
        for (const write of batch) await write.apply(trx);
      });
      await this.#observer.afterCommit?.(this.#lease.operationId, labels);
      for (const write of batch) write.resolve();
    } catch (error) {
      if (error instanceof LeaseLost) this.#lost = error;
      for (const write of batch) write.reject(error);
    }
  }

  /**
   * Reads the operation's row and keeps it locked until the commit, so that nobody takes the lease meanwhile. It does not
   * write it: the row holds the whole plan, which some databases would copy at every commit.
   */
  async #requireLease(trx: Transaction<Database>): Promise<void> {
    const held = await trx
      .selectFrom("dr_operations")
      .select("request")
      .where("id", "=", this.#lease.operationId)
      .where("lease_owner", "=", this.#lease.owner)
      .where("lease_number", "=", this.#lease.number)
      // SQLite knows no row locks: its transaction holds the whole database from its beginning.
      .$if(this.#connection.kind !== "sqlite", (query) => query.forUpdate())
      .executeTakeFirst();
    if (!held) {
      throw new LeaseLost(`operation ${this.#lease.operationId}: lease ${this.#lease.number} is no longer ours`);
    }
    if (held.request !== null) this.onRequest();
  }
}
