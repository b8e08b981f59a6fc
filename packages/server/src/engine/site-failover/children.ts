import { type OperationVerb, ProtectorError, VERB_ALLOWED_IN } from "@protector/contract";
import type { Transaction } from "kysely";
import { flag, writeJson, writeTime } from "../../db/codecs.ts";
import { newOperationRow } from "../../db/new-rows.ts";
import { requestVerb, storeOperation } from "../../db/repositories/operation-requests.ts";
import type { OperationRow, OperationSummary } from "../../db/repositories/operations.ts";
import { findProtectionGroup } from "../../db/repositories/protection-groups.ts";
import type { Database } from "../../db/schema.ts";
import { derivedId } from "../../domain/derived-id.ts";
import { groupOrder } from "../../domain/group-orders.ts";
import { actionOnGroup, runOrderOf } from "../../domain/run-order.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { doneAlready } from "./choose-groups.ts";
import type { GroupStep } from "./group-step.ts";

/** What came of ordering a group's operation. */
export type Ordered =
  | { readonly kind: "ordered"; readonly operationId: string }
  /** Nothing has to be done. */
  | { readonly kind: "done"; readonly reason: string };

/** Who orders, and for which step. */
export interface ChildOrder {
  readonly parent: OperationRow;
  readonly step: GroupStep;
  readonly localSiteId: string;
  /** For a clean-up that belongs to the run: the test. */
  readonly testId?: string;
}

/**
 * Stores the operation of one group, in the transaction that writes the step which stands for it: with both or with
 * neither. Its id follows from run, step and try, so that it is the same whoever orders it.
 * @throws ProtectorError what the group refuses, as it would refuse a person.
 */
export async function orderChild(
  trx: Transaction<Database>,
  { connection, clock }: Pick<EnginePorts, "connection" | "clock">,
  { parent, step, localSiteId, testId }: ChildOrder,
): Promise<Ordered> {
  const isDryRun = parent.is_dry_run === 1;
  const group = await findProtectionGroup(trx, { id: step.groupId });
  if (!group)
    throw new ProtectorError(
      "protection_group.not_found",
      `There is no protection group ${step.groupId} here any more.`,
    );
  const done = doneAlready(step.verb, group, localSiteId);
  if (done !== undefined) return { kind: "done", reason: done };
  const action = actionOnGroup(runOrderOf(parent).action, {
    verb: step.verb,
    isDryRun,
    ...(testId === undefined ? {} : { testId }),
  });
  const order = groupOrder(action, localSiteId);
  const id = derivedId(parent.id, step.key, String(step.attempt + 1));
  await order.check(trx, group, id);
  await storeOperation(connection, trx, {
    claimsGroup: !isDryRun,
    displaces: order.displaces ?? [],
    row: newOperationRow({
      id,
      type: order.type,
      mode: order.mode ?? null,
      is_dry_run: flag(isDryRun),
      parent_id: parent.id,
      protection_group_id: group.id,
      protection_group_name: group.name,
      project_id: group.project_id,
      user_id: parent.user_id,
      site_id: localSiteId,
      parameters: writeJson({ ...order.parameters }),
      request_id: parent.request_id,
      created_at: writeTime(clock.now()),
    }),
  });
  return { kind: "ordered", operationId: id };
}

/** Whether an engine works on an operation, or is about to. */
export function isAtWork({ status, request }: Pick<OperationSummary, "status" | "request">): boolean {
  if (request !== null) return true;
  return (["pending", "running", "waiting", "cancelling", "rolling_back"] as const).some((each) => each === status);
}

/** Asks something of a group's operation where its status lets it; what was asked before stays asked. */
export async function askChild(
  { connection }: Pick<EnginePorts, "connection">,
  child: OperationSummary,
  wanted: {
    readonly verb: OperationVerb;
    readonly userId: string;
    readonly as?: "unplanned";
    readonly reason?: string;
  },
): Promise<boolean> {
  if (child.request !== null || !VERB_ALLOWED_IN[wanted.verb].includes(child.status)) return false;
  try {
    await requestVerb(connection, { operationId: child.id, projectId: child.project_id, ...wanted });
    return true;
  } catch (error) {
    if (error instanceof ProtectorError) return false;
    throw error;
  }
}
