import { type OperationStatus, ProtectorError, toErrorItem } from "@protector/contract";
import { writeJson, writeTime } from "../../db/codecs.ts";
import { abandonOperation, endOperation, refuseOperation } from "./end-operation.ts";
import type { OperationRow } from "./operation-store.ts";
import { clearRequest, LOOK_AGAIN_MS, type OperationTools, setOperation } from "./operation-tools.ts";
import { requestOf } from "./person-request.ts";
import { planLimits } from "./plan-wait.ts";
import type { LocalScene } from "./scene.ts";

/**
 * A site, a project or a backend that an operation needs is not known here. What a person has ended is ended all the same, and
 * what has no plan does not wait for ever.
 * @throws `error` when the operation has to wait.
 */
export async function endUnopened(tools: OperationTools, local: LocalScene, error: unknown): Promise<OperationStatus> {
  const { operation, steps } = local;
  const request = requestOf(operation);
  if (request?.verb === "abandon") return abandonOperation(tools, local, request.reason ?? "");
  if (steps.length > 0 || !(error instanceof ProtectorError)) throw error;
  if (request?.verb === "cancel" || request?.verb === "rollback") return cancelUnbegun(tools, local);
  const { now, givesUpAt } = await planLimits(tools, operation.id);
  if (operation.is_dry_run === 0 && now < givesUpAt) throw error;
  return refuseOperation(tools, local, error);
}

/** Ends an operation that has no plan. */
export function cancelUnbegun(tools: OperationTools, local: LocalScene): Promise<OperationStatus> {
  const reason = "cancelled before it began";
  return endOperation(tools, local, { end: "undone", status: "cancelled", reason });
}

/**
 * Something that no plan foresaw, or that is missing here: said in the operation, and looked at again.
 * @throws `error`
 */
export async function breakOff(tools: OperationTools, operation: OperationRow, error: unknown): Promise<never> {
  const { ports, journal } = tools;
  const known =
    error instanceof ProtectorError ? error : new ProtectorError("internal", String(error), { cause: error });
  const limits = operation.plan === null ? await planLimits(tools, operation.id) : undefined;
  await journal.write("operation broken off", async (trx) => {
    await setOperation(trx, operation.id, {
      status: operation.status === "rolling_back" ? "rolling_back" : "waiting",
      error: writeJson(toErrorItem(known, operation.request_id ?? undefined)),
      status_reason: `waiting: ${known.message}`,
      gives_up_at: limits ? writeTime(limits.givesUpAt) : null,
      next_look_at: ports.connection.fromNow(LOOK_AGAIN_MS),
    });
    await clearRequest(trx, operation);
  });
  throw error;
}
