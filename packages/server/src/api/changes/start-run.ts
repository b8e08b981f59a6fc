import { ENDED_OPERATION_STATUSES, ProtectorError, type RecoveryPlanAction } from "@protector/contract";
import { flag, writeJson, writeTime } from "../../db/codecs.ts";
import { newOperationRow } from "../../db/new-rows.ts";
import { createOperation } from "../../db/repositories/operation-requests.ts";
import type { Db } from "../../db/transaction.ts";
import { modeOf, wishOf } from "../../domain/run-order.ts";
import { audit } from "../audit.ts";
import { type Call, callerOf } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";
import { operationView } from "../views/operation.ts";
import { announce } from "./start-operation.ts";

/** A run over many groups that somebody asks for. */
export interface RunStart {
  readonly call: Call<"recovery_plans.action"> | Call<"site_failovers.create">;
  readonly action: RecoveryPlanAction;
  /** Null: every group between this site and `peerSiteId`. */
  readonly planId: string | null;
  readonly peerSiteId: string | null;
  /** Name of the plan, or of the other site. */
  readonly name: string;
  /** Most groups at once, unless the request says another number. */
  readonly concurrency: number;
}

/**
 * Stores a run and tells the engines. What each group needs is asked by the engine when its turn comes, as it would be
 * asked of a person.
 * @throws ProtectorError `recovery_plan.busy`, `request.idempotency_conflict`.
 */
export async function startRun(ports: ApiPorts, start: RunStart) {
  const { database, identity, clock, random } = ports;
  const { call, action, planId, peerSiteId, name } = start;
  const { path, idempotency, requestId } = call;
  const { verb, wish } = wishOf(action);
  const { dry_run: isDryRun = false, concurrency = start.concurrency } = wish;
  const id = random.uuid();
  const { operation, isRepeat } = await createOperation(database, {
    claimsGroup: false,
    row: newOperationRow({
      id,
      type: "site_failover",
      mode: modeOf(action),
      is_dry_run: flag(isDryRun),
      protection_group_id: null,
      protection_group_name: name,
      recovery_plan_id: planId,
      project_id: path.project_id,
      user_id: callerOf(call).userId,
      site_id: identity.siteId,
      parameters: writeJson({ action, peerSiteId, concurrency }),
      request_id: requestId,
      idempotency_key: idempotency?.key ?? null,
      idempotency_digest: idempotency?.digest ?? null,
      created_at: writeTime(clock.now()),
    }),
    alongside: async (transaction) => {
      if (!isDryRun) await requireNoOtherRun(transaction, { id, planId, name });
      const target =
        planId === null
          ? { targetType: "site", targetId: peerSiteId ?? "" }
          : { targetType: "recovery_plan", targetId: planId };
      const noun = planId === null ? "site_failover" : "recovery_plans";
      await audit(ports, transaction, {
        call,
        action: `${noun}.${verb}`,
        ...target,
        detail: { ...action, operation_id: id },
      });
    },
  });
  const row = isRepeat ? operation : await announce(ports, operation);
  return { operation: operationView(row), location: `/v1/${path.project_id}/operations/${row.id}` };
}

/** Two runs over the same groups would wait for each other's groups. */
async function requireNoOtherRun(
  db: Db,
  { id, planId, name }: { readonly id: string; readonly planId: string | null; readonly name: string },
): Promise<void> {
  const other = await db
    .selectFrom("dr_operations")
    .select(["id", "status"])
    .where("type", "=", "site_failover")
    .where("recovery_plan_id", planId === null ? "is" : "=", planId)
    .where("is_dry_run", "=", 0)
    .where("status", "not in", ENDED_OPERATION_STATUSES)
    .where("id", "!=", id)
    .executeTakeFirst();
  if (!other) return;
  const subject = planId === null ? "A site failover" : `Recovery plan "${name}"`;
  throw new ProtectorError("recovery_plan.busy", `${subject} is under way: operation ${other.id} (${other.status}).`, {
    facts: { operation_id: other.id },
  });
}
