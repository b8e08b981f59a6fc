import type { Operation } from "@protector/contract";
import type { Transaction } from "kysely";
import { flag, writeJson, writeTime } from "../../db/codecs.ts";
import { newOperationRow } from "../../db/new-rows.ts";
import { createOperation } from "../../db/repositories/operation-requests.ts";
import { findOperation, type OperationRow } from "../../db/repositories/operations.ts";
import type { ProtectionGroupView } from "../../db/repositories/protection-groups.ts";
import type { Database } from "../../db/schema.ts";
import type { Db } from "../../db/transaction.ts";
import { requireGroup, requireNotBusy } from "../../domain/group-guards.ts";
import type { GroupOrder } from "../../domain/group-orders.ts";
import type { Caller } from "../caller.ts";
import { callerOf, type Idempotency } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";
import { operationView } from "../views/operation.ts";

/** An operation that somebody asks for. */
export interface OperationStart extends GroupOrder {
  readonly call: {
    readonly requestId: string;
    readonly caller: Caller | undefined;
    readonly path: { readonly id: string; readonly project_id: string };
    readonly idempotency: Idempotency | undefined;
  };
  /** What else is written with it. */
  apply(transaction: Transaction<Database>, group: ProtectionGroupView, operationId: string): Promise<void>;
}

/** A started operation, or the one that the same request started before. */
export interface StartedOperation {
  readonly operation: Operation;
  readonly row: OperationRow;
  /** Path of the operation. */
  readonly location: string;
  readonly isRepeat: boolean;
}

/**
 * Stores an operation and tells the engines. That the broker does not answer fails nothing: the sweep finds the
 * operation, and its `status_reason` says why it starts late.
 * @throws ProtectorError of `check` and `apply`, `trust.login_required`, `protection_group.busy`,
 * `request.idempotency_conflict`.
 */
export async function startOperation(ports: ApiPorts, start: OperationStart): Promise<StartedOperation> {
  const { database, identity, clock, random } = ports;
  const { requestId, path, idempotency } = start.call;
  const caller = callerOf(start.call);
  const id = random.uuid();
  const group = await requireGroup(database.db, path);
  const isRepeated = () => isPerhapsRepeat(database.db, path.project_id, idempotency);
  if (!(await isRepeated())) {
    try {
      if (!start.isDryRun && !start.displaces) await requireNotBusy(database.db, group);
      await start.check(database.db, group, id);
    } catch (error) {
      // The same request, sent twice at the same moment, must not be refused for what its twin has just begun.
      if (!(await isRepeated())) throw error;
    }
    await ports.trusts.ensure(caller, path.project_id, requestId);
  }
  const { operation, isRepeat } = await createOperation(database, {
    claimsGroup: !start.isDryRun,
    displaces: start.displaces ?? [],
    row: newOperationRow({
      id,
      type: start.type,
      mode: start.mode ?? null,
      is_dry_run: flag(start.isDryRun ?? false),
      protection_group_id: group.id,
      protection_group_name: group.name,
      project_id: path.project_id,
      user_id: caller.userId,
      site_id: identity.siteId,
      parameters: writeJson({ ...start.parameters }),
      request_id: requestId,
      idempotency_key: idempotency?.key ?? null,
      idempotency_digest: idempotency?.digest ?? null,
      created_at: writeTime(clock.now()),
    }),
    alongside: async (transaction) => {
      const current = await requireGroup(transaction, path);
      await start.check(transaction, current, id);
      await start.apply(transaction, current, id);
    },
  });
  const row = isRepeat ? operation : await announce(ports, operation);
  const location = `/v1/${path.project_id}/operations/${row.id}`;
  return { operation: operationView(row), row, location, isRepeat };
}

/** Tells the engines to look at an operation; when the broker does not take it, the operation says so. */
export async function announce(ports: ApiPorts, operation: OperationRow): Promise<OperationRow> {
  const { database, bus } = ports;
  const announcement = await bus.publish(operation.id);
  if (announcement === "announced" || bus.state() === "none") return operation;
  await database.db
    .updateTable("dr_operations")
    .set({ status_reason: "RabbitMQ did not take the announcement; the engine finds the operation by its next sweep." })
    .where("id", "=", operation.id)
    .where("status", "=", "pending")
    .execute();
  return (await findOperation(database.db, { id: operation.id })) ?? operation;
}

async function isPerhapsRepeat(db: Db, projectId: string, idempotency: Idempotency | undefined): Promise<boolean> {
  if (!idempotency) return false;
  const earlier = await db
    .selectFrom("dr_operations")
    .select("id")
    .where("project_id", "=", projectId)
    .where("idempotency_key", "=", idempotency.key)
    .executeTakeFirst();
  return earlier !== undefined;
}
