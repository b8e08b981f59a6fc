import {
  isTestBeingCleaned,
  type OperationType,
  type OperationVerb,
  ProtectorError,
  VERB_ALLOWED_IN,
  verbsFor,
} from "@protector/contract";
import type { Insertable, Transaction } from "kysely";
import { writeJson } from "../codecs.ts";
import type { DatabaseConnection } from "../connection.ts";
import { isDuplicate } from "../constraint.ts";
import type { Database, DrOperationsTable } from "../schema.ts";
import { type Db, inTransaction } from "../transaction.ts";
import { findOperation, type OperationRow, type OperationSummary } from "./operations.ts";
import { claimProtectionGroup, releaseProtectionGroup } from "./protection-groups.ts";

/** ms for which an idempotency key is remembered. */
export const IDEMPOTENCY_KEY_LIFETIME_MS = 24 * 3600 * 1000;

/** A new operation. */
export interface OperationOrder {
  /** With `idempotency_key` and `idempotency_digest` when the caller gave a key. */
  readonly row: Insertable<DrOperationsTable>;
  /** It changes its group, so nobody else may meanwhile. */
  readonly claimsGroup: boolean;
  /** Types of operation that let the group go for this one. */
  readonly displaces?: readonly OperationType[];
  /** What else has to be true at the same instant; not called for a repeated order. */
  readonly alongside?: (transaction: Transaction<Database>) => Promise<void>;
}

/**
 * Stores a new operation. The same idempotency key with the same digest within 24 hours gives the operation that the
 * first order made.
 * @throws ProtectorError `request.idempotency_conflict` when the key came with another request,
 * `protection_group.busy`, `protection_group.not_found`.
 */
export async function createOperation(
  connection: DatabaseConnection,
  order: OperationOrder,
): Promise<{ readonly operation: OperationRow; readonly isRepeat: boolean }> {
  const attempt = () => inTransaction(connection.db, (transaction) => storeOperation(connection, transaction, order));
  try {
    return await attempt();
  } catch (error) {
    // The same order, sent twice at the same moment: the other one's operation is there now.
    if (order.row.idempotency_key != null && isPerhapsOurs(error)) return attempt();
    throw error;
  }
}

function isPerhapsOurs(error: unknown): boolean {
  if (error instanceof ProtectorError) return error.code === "protection_group.busy";
  return isDuplicate(error, "uq_operations_idempotency", "idempotency_key");
}

/** The same inside a transaction that does more. */
export async function storeOperation(
  connection: DatabaseConnection,
  transaction: Transaction<Database>,
  { row, claimsGroup, displaces = [], alongside }: OperationOrder,
): Promise<{ readonly operation: OperationRow; readonly isRepeat: boolean }> {
  const earlier = await earlierOrder(connection, transaction, row);
  if (earlier) return { operation: earlier, isRepeat: true };
  const { protection_group_id: groupId } = row;
  if (claimsGroup && groupId != null) {
    if (displaces.length > 0) await displaceHolder(connection, transaction, { row, groupId, displaces });
    await claimProtectionGroup(transaction, { id: groupId, operationId: row.id });
  }
  await transaction.insertInto("dr_operations").values(row).execute();
  await alongside?.(transaction);
  const operation = await findOperation(transaction, { id: row.id });
  if (!operation) throw new Error(`operation ${row.id} is not there after it was stored`);
  return { operation, isRepeat: false };
}

/** Whoever holds the group and gives way for the order lets it go and is cancelled at its next boundary. */
async function displaceHolder(
  connection: DatabaseConnection,
  db: Db,
  {
    row,
    groupId,
    displaces,
  }: Pick<OperationOrder, "row"> & { readonly groupId: string; readonly displaces: readonly OperationType[] },
): Promise<void> {
  const holder = await db
    .selectFrom("protection_groups")
    .innerJoin("dr_operations", "dr_operations.id", "protection_groups.current_operation_id")
    .select(["dr_operations.id", "dr_operations.type", "dr_operations.plan"])
    .where("protection_groups.id", "=", groupId)
    .executeTakeFirst();
  // One of the order's own type that has no plan yet, perhaps since it waits for a dead site, has done nothing.
  const givesWay = holder && (displaces.includes(holder.type) || (holder.type === row.type && holder.plan === null));
  if (!holder || !givesWay) return;
  await db
    .updateTable("dr_operations")
    .set({
      request: writeJson({ verb: "cancel", user_id: row.user_id }),
      displaced_by: row.id,
      next_look_at: null,
      updated_at: connection.now(),
    })
    .where("id", "=", holder.id)
    .where("status", "in", VERB_ALLOWED_IN.cancel)
    .execute();
  await releaseProtectionGroup(db, { id: groupId, operationId: holder.id });
}

async function earlierOrder(
  connection: DatabaseConnection,
  db: Db,
  { project_id, idempotency_key, idempotency_digest }: Insertable<DrOperationsTable>,
): Promise<OperationRow | undefined> {
  if (idempotency_key == null) return undefined;
  await db
    .updateTable("dr_operations")
    .set({ idempotency_key: null })
    .where("project_id", "=", project_id)
    .where("idempotency_key", "=", idempotency_key)
    .where("created_at", "<", connection.fromNow(-IDEMPOTENCY_KEY_LIFETIME_MS))
    .execute();
  const earlier = await db
    .selectFrom("dr_operations")
    .selectAll()
    .where("project_id", "=", project_id)
    .where("idempotency_key", "=", idempotency_key)
    .executeTakeFirst();
  if (earlier && earlier.idempotency_digest !== idempotency_digest)
    throw new ProtectorError(
      "request.idempotency_conflict",
      `The key ${idempotency_key} came with another request, which made operation ${earlier.id}.`,
      { facts: { operation_id: earlier.id } },
    );
  return earlier;
}

/** Something that a person asks of an operation. */
export interface VerbRequest {
  readonly operationId: string;
  readonly projectId: string;
  readonly verb: OperationVerb;
  readonly as?: "unplanned";
  readonly reason?: string;
  readonly member?: string;
  readonly step?: string;
  readonly userId: string;
}

/** Verbs that make an operation go on which may have let its group go. */
const GOES_ON: readonly OperationVerb[] = ["resume", "retry", "skip"];

/**
 * Leaves a verb for the engine, which looks at the operation at once. One that had let its group go takes it again.
 * @throws ProtectorError `operation.not_found`; `operation.wrong_status` when the verb is not for its status or another
 * one is waiting; `operation.past_no_return` for a rollback that comes too late; `protection_group.busy`.
 */
export function requestVerb(connection: DatabaseConnection, request: VerbRequest): Promise<OperationRow> {
  const { operationId, projectId, userId, ...asked } = request;
  return inTransaction(connection.db, async (db) => {
    const before = await findOperation(db, { id: operationId, projectId });
    if (!before) throw new ProtectorError("operation.not_found", `There is no operation ${operationId}.`);
    if (!verbsOf(before).includes(asked.verb)) throw refusal(before, asked.verb);
    if (asked.as !== undefined && before.plan === null) throw nothingToGoOnWith(before);
    const result = await db
      .updateTable("dr_operations")
      .set({
        request: writeJson({ ...asked, user_id: userId }),
        next_look_at: null,
        updated_at: connection.now(),
      })
      .where("id", "=", operationId)
      .where("status", "=", before.status)
      .where("is_past_no_return", "=", before.is_past_no_return)
      .where("request", "is", null)
      .executeTakeFirst();
    const operation = await findOperation(db, { id: operationId, projectId });
    if (!operation || result.numUpdatedRows === 0n) throw refusal(operation ?? before, asked.verb);
    const { protection_group_id: groupId } = operation;
    const goesOn = GOES_ON.includes(asked.verb) && operation.is_dry_run === 0;
    if (goesOn && groupId !== null) await holdGroup(db, { groupId, operationId });
    return operation;
  });
}

async function holdGroup(
  db: Transaction<Database>,
  { groupId, operationId }: { readonly groupId: string; readonly operationId: string },
): Promise<void> {
  const group = await db
    .selectFrom("protection_groups")
    .select("current_operation_id")
    .where("id", "=", groupId)
    .executeTakeFirst();
  if (group?.current_operation_id !== operationId) await claimProtectionGroup(db, { id: groupId, operationId });
}

/** What can be asked of an operation in its state, whatever was asked before. */
export function verbsOf(row: OperationSummary): readonly OperationVerb[] {
  return verbsFor({
    type: row.type,
    status: row.status,
    phase: row.phase,
    isPastNoReturn: row.is_past_no_return === 1,
    isDryRun: row.is_dry_run === 1,
  });
}

/** Before there is a plan nothing has lost its source. */
function nothingToGoOnWith({ id, protection_group_name: name }: OperationRow): ProtectorError {
  const detail = `Operation ${id} has no plan and has done nothing: there is nothing to go on with. An unplanned failover takes its place: protector failover ${name} --unplanned`;
  return new ProtectorError("operation.wrong_status", detail, { facts: { operation_id: id } });
}

/** Why a verb cannot be had, and which one can. */
function refusal(operation: OperationRow, verb: OperationVerb): ProtectorError {
  const { id, status } = operation;
  const facts = { operation_id: id };
  const verbs = verbsOf(operation);
  if (verbs.includes(verb)) {
    const detail = `Operation ${id} has a request waiting for the engine; repeat when it is taken up.`;
    return new ProtectorError("operation.wrong_status", detail, { facts });
  }
  const instead =
    verbs.length > 0 ? `What helps: ${verbs.join(", ")}.` : "It is over: start another operation on its group.";
  if (verb === "rollback" && operation.is_dry_run === 0 && VERB_ALLOWED_IN.rollback.includes(status)) {
    const detail = `Operation ${id} is past its point of no return and cannot be rolled back. ${instead}`;
    return new ProtectorError("operation.past_no_return", detail, { facts });
  }
  return new ProtectorError("operation.wrong_status", `Operation ${id} ${whyNot(operation, verb)}. ${instead}`, {
    facts,
  });
}

function whyNot({ status, phase, is_dry_run }: OperationRow, verb: OperationVerb): string {
  if (is_dry_run === 1) return `is ${status} and only made a plan`;
  if (isTestBeingCleaned(phase)) return "is a test that is being cleaned up, or has been";
  const wanted = verb === "commit" ? "a failover in its commit window" : VERB_ALLOWED_IN[verb].join(", ");
  return `is ${status}; ${verb} is for ${wanted}`;
}
