import {
  isTestBeingCleaned,
  type OperationType,
  type OperationVerb,
  ProtectorError,
  TEST_CLEANUP_PHASES,
  VERB_ALLOWED_IN,
} from "@protector/contract";
import type { Insertable, Transaction } from "kysely";
import { writeJson } from "../codecs.ts";
import type { DatabaseConnection } from "../connection.ts";
import { isDuplicate } from "../constraint.ts";
import type { Database, DrOperationsTable } from "../schema.ts";
import { type Db, inTransaction } from "../transaction.ts";
import { findOperation, type OperationRow } from "./operations.ts";
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
  readonly userId: string;
}

/**
 * Leaves a verb for the engine, which looks at the operation at once.
 * @throws ProtectorError `operation.not_found`; `operation.wrong_status` when the verb is not for its status or another
 * one is waiting; `operation.past_no_return` for a rollback that comes too late.
 */
export async function requestVerb(connection: DatabaseConnection, request: VerbRequest): Promise<OperationRow> {
  const { operationId, projectId, verb, as, reason, userId } = request;
  const { db } = connection;
  const result = await db
    .updateTable("dr_operations")
    .set({
      request: writeJson({ verb, ...(as && { as }), ...(reason && { reason }), user_id: userId }),
      next_look_at: null,
      updated_at: connection.now(),
    })
    .where("id", "=", operationId)
    .where("project_id", "=", projectId)
    .where("status", "in", VERB_ALLOWED_IN[verb])
    .where("request", "is", null)
    .$if(verb === "retry", (query) =>
      query.where((eb) => eb.or([eb("phase", "is", null), eb("phase", "not in", TEST_CLEANUP_PHASES)])),
    )
    .$if(verb === "rollback", (query) => query.where("is_past_no_return", "=", 0))
    .executeTakeFirst();
  const operation = await findOperation(db, { id: operationId, projectId });
  if (!operation) throw new ProtectorError("operation.not_found", `There is no operation ${operationId}.`);
  if (result.numUpdatedRows > 0n) return operation;
  throw refusal(operation, verb);
}

function refusal(operation: OperationRow, verb: OperationVerb): ProtectorError {
  const facts = { operation_id: operation.id };
  if (!VERB_ALLOWED_IN[verb].includes(operation.status))
    return new ProtectorError(
      "operation.wrong_status",
      `Operation ${operation.id} is ${operation.status}; ${verb} is for ${VERB_ALLOWED_IN[verb].join(", ")}.`,
      { facts },
    );
  if (verb === "rollback" && operation.is_past_no_return === 1)
    return new ProtectorError(
      "operation.past_no_return",
      `Operation ${operation.id} is past its point of no return and cannot be rolled back.`,
      { facts },
    );
  if (verb === "retry" && isTestBeingCleaned(operation.phase))
    return new ProtectorError("operation.wrong_status", `Test ${operation.id} is being cleaned up, or has been.`, {
      facts,
    });
  return new ProtectorError(
    "operation.wrong_status",
    `Operation ${operation.id} has a request waiting for the engine; repeat when it is taken up.`,
    { facts },
  );
}
