import { codeOfWire, type OperationStatus, ProtectorError } from "@protector/contract";
import { readJson, writeJson } from "../../db/codecs.ts";
import { forGroup } from "../readiness/finding.ts";
import { forecastDuration } from "./duration-forecast.ts";
import { endOperation, refuseOperation, workflowTransaction } from "./end-operation.ts";
import { failureOf } from "./failure.ts";
import { insertSteps, loadSteps, publicPlan } from "./operation-store.ts";
import { type OperationTools, setOperation } from "./operation-tools.ts";
import type { OperationPlan } from "./plan.ts";
import { waitForPlan } from "./plan-wait.ts";
import type { Scene } from "./scene.ts";
import { Asked, unlessAsked } from "./unless-asked.ts";

/**
 * Observes both sites, plans, and freezes the plan as steps.
 * @param signal aborts when the engine stops.
 * @returns the status that the operation is left in when it ends or waits here; undefined when its steps can run.
 * @throws Asked when a person asks something of it meanwhile.
 */
export async function planOperation(
  tools: OperationTools,
  scene: Scene,
  signal: AbortSignal,
): Promise<OperationStatus | undefined> {
  const { ports, journal, keeper } = tools;
  const { operation, workflow, view } = scene;
  if (operation.status === "pending" || operation.status === "failed") {
    await journal.writeOperation({
      status: "running",
      phase: "check",
      started_at: ports.connection.now(),
      finished_at: null,
      status_reason: null,
      error: null,
    });
  }
  let plan: OperationPlan;
  try {
    const { source, target } = scene.environment;
    const context = {
      operation,
      view,
      localSiteId: scene.localSiteId,
      source,
      target,
      connection: ports.connection,
      clock: ports.clock,
      now: ports.clock.now(),
    };
    const made = await unlessAsked(tools, { operation, signal }, () => workflow.plan(context));
    const { name } = view.group;
    plan = { ...made, blockers: forGroup(name, made.blockers), warnings: forGroup(name, made.warnings) };
  } catch (error) {
    if (keeper.signal.aborted) throw keeper.signal.reason;
    if (error instanceof Asked) throw error;
    const failure = failureOf(error);
    const waits = failure.failureClass === "retryable" || failure.failureClass === "waiting";
    if (waits) return waitForPlan(tools, scene, failure);
    return refuseOperation(tools, scene, failure.error);
  }
  const forecast = await forecastDuration(ports.connection, operation, plan.steps);
  const shown = publicPlan(plan, { id: operation.id, forecast });
  const expected = {
    data_loss_seconds: plan.expectedDataLossSeconds,
    remaining_seconds: forecast.seconds,
    expected_seconds: forecast.seconds,
  };
  if (operation.is_dry_run === 1) {
    await journal.writeOperation({ plan: writeJson(shown), ...expected });
    return endOperation(tools, scene, { end: "completed", status: "completed", reason: null });
  }
  const refusal = refusalOf(plan, shown.digest, readJson(operation.parameters));
  if (refusal) {
    await journal.writeOperation({ plan: writeJson({ ...shown, steps: [] }) });
    return refuseOperation(tools, scene, refusal);
  }
  await journal.write("plan", async (trx) => {
    await insertSteps(trx, { id: operation.id, leaseNumber: keeper.lease.number }, plan.steps);
    await setOperation(trx, operation.id, {
      plan: writeJson(shown),
      epoch: view.group.epoch,
      recovery_point: plan.recoveryPoint,
      gives_up_at: null,
      ...expected,
    });
    await workflow.begin?.(workflowTransaction(tools, scene, trx));
  });
  scene.steps = await loadSteps(ports.connection, operation.id);
  return undefined;
}

/** Why a plan may not start: its first blocker, or that it is not the one that was confirmed. */
function refusalOf(
  plan: OperationPlan,
  digest: string,
  parameters: { readonly plan_digest?: string },
): ProtectorError | undefined {
  const [blocker] = plan.blockers;
  if (blocker) {
    const more = plan.blockers.length > 1 ? ` (and ${plan.blockers.length - 1} more blockers)` : "";
    // Blockers are named by the code of the error that they lead to.
    return new ProtectorError(codeOfWire(blocker.check) ?? "internal", `${blocker.reason}${more}`);
  }
  if (parameters.plan_digest === undefined || parameters.plan_digest === digest) return undefined;
  return new ProtectorError("plan.changed", "The plan is no longer the one that was confirmed.");
}
