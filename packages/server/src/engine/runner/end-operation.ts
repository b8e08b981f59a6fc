import type { OperationStatus, ProtectorError } from "@protector/contract";
import type { Transaction } from "kysely";
import { readJson, writeJson } from "../../db/codecs.ts";
import { releaseProtectionGroup } from "../../db/repositories/protection-groups.ts";
import type { Database } from "../../db/schema.ts";
import { oweLeftoverScan } from "../watch/leftovers.ts";
import type { WorkflowEnd, WorkflowReport, WorkflowTransaction } from "../workflows/workflow.ts";
import { hasTargetWritten } from "./commit.ts";
import { type DutyInput, oweStep } from "./duties.ts";
import { failureItem } from "./failure.ts";
import { secondsByAction } from "./measured-seconds.ts";
import { type JournaledStep, loadSteps, type OperationRow, requestIdOf } from "./operation-store.ts";
import { type OperationTools, setOperation } from "./operation-tools.ts";
import { type LocalScene, siteOf } from "./scene.ts";

/** How an operation ends. */
export interface Ending {
  readonly end: WorkflowEnd;
  readonly status: OperationStatus;
  readonly reason: string | null;
  /** What is left beside what the workflow knows of. */
  readonly leftovers?: WorkflowReport["leftovers"];
}

/** Statuses of a step that may have had an effect. */
const MAY_HAVE_EFFECT: ReadonlySet<string> = new Set([
  "completed",
  "running",
  "failed",
  "waiting",
  "undoing",
  "undo_failed",
]);

/** What a workflow gets in a transaction of its operation. */
export function workflowTransaction(
  tools: OperationTools,
  scene: LocalScene,
  trx: Transaction<Database>,
): WorkflowTransaction {
  return {
    trx,
    connection: tools.ports.connection,
    operation: scene.operation,
    view: scene.view,
    steps: scene.steps,
    localSiteId: scene.localSiteId,
    ...scene.direction,
    now: tools.ports.clock.now(),
  };
}

/** Ends an operation: the group's rows, the report, the group let go, all in one transaction. */
export async function endOperation(tools: OperationTools, scene: LocalScene, ending: Ending): Promise<OperationStatus> {
  const { ports, journal } = tools;
  const { operation, workflow } = scene;
  const { end, status, reason } = ending;
  scene.steps = await loadSteps(ports.connection, operation.id);
  await journal.write(`end ${status}`, async (trx) => {
    const context = workflowTransaction(tools, scene, trx);
    if (operation.is_dry_run === 0) {
      await workflow.end(context, end);
      if (end === "undone") await forgetForwardDuties(trx, ports, operation.id);
      const { number } = tools.keeper.lease;
      if (!workflow.makesNothing)
        await oweLeftoverScan(trx, ports, { ...operation, lease_number: number }, scene.localSiteId);
    }
    const report = end === "refused" || operation.is_dry_run === 1 ? undefined : workflow.report?.(context);
    const isDone = status === "completed" || status === "completed_with_errors";
    await setOperation(trx, operation.id, {
      status,
      status_reason: status === "cancelled" ? ofDisplaced(operation, reason) : reason,
      request: null,
      next_look_at: null,
      gives_up_at: null,
      remaining_seconds: operation.is_dry_run === 1 ? operation.remaining_seconds : null,
      finished_at: ports.connection.now(),
      ...(isDone ? { progress: 1, error: null, step_seconds: writeJson(secondsByAction(scene.steps)) } : {}),
      ...(report
        ? {
            members: writeJson(report.members),
            recovery_point: report.recoveryPoint,
            data_loss_seconds: report.dataLossSeconds,
            downtime_seconds: report.downtimeSeconds,
            leftovers: writeJson(
              await notDoneYet(trx, operation.id, [...report.leftovers, ...(ending.leftovers ?? [])]),
            ),
          }
        : {}),
      ...(operation.is_dry_run === 0 ? workflow.endState?.(context, end) : {}),
    });
    await releaseProtectionGroup(trx, { id: operation.protection_group_id, operationId: operation.id });
  });
  return status;
}

/** Nobody has cancelled one that gave way. */
function ofDisplaced({ displaced_by: by }: OperationRow, reason: string | null): string | null {
  return by === null ? reason : [`gave way to operation ${by}`, reason].filter(Boolean).join(": ");
}

/** A site may have done what it owed while the operation still worked. */
async function notDoneYet(
  trx: Transaction<Database>,
  operationId: string,
  leftovers: WorkflowReport["leftovers"],
): Promise<WorkflowReport["leftovers"]> {
  if (leftovers.length === 0) return leftovers;
  const duties = await trx
    .selectFrom("duties")
    .select(["subject", "state"])
    .where("operation_id", "=", operationId)
    .execute();
  const owed = new Set(duties.filter(({ state }) => state === "owed").map(({ subject }) => subject));
  const done = new Set(duties.map(({ subject }) => subject).filter((subject) => !owed.has(subject)));
  return leftovers.filter(({ subject }) => !done.has(subject));
}

/** What a site owed an operation that was taken back, nobody needs any more; what it has to take back stays owed. */
async function forgetForwardDuties(
  trx: Transaction<Database>,
  { connection }: Pick<OperationTools["ports"], "connection">,
  operationId: string,
): Promise<void> {
  const owed = await trx
    .selectFrom("duties")
    .select(["id", "input"])
    .where("operation_id", "=", operationId)
    .where("state", "=", "owed")
    .execute();
  const ids = owed.filter(({ input }) => (readJson(input) as Partial<DutyInput>).isUndo === false).map(({ id }) => id);
  if (ids.length === 0) return;
  await trx
    .updateTable("duties")
    .set({ state: "done", done_at: connection.now(), last_error: "the operation was taken back" })
    .where("id", "in", ids)
    .execute();
}

/** Nothing was done: the operation ends and lets the group go. @param wayOut what can be done instead. */
export async function refuseOperation(
  tools: OperationTools,
  scene: LocalScene,
  error: ProtectorError,
  wayOut?: string,
): Promise<OperationStatus> {
  const requestId = requestIdOf(scene.operation);
  await tools.journal.writeOperation({
    error: writeJson(failureItem({ error, failureClass: "final", effect: "none" }, requestId)),
  });
  const reason = wayOut === undefined ? error.message : `${error.message.replace(/\.$/, "")}. ${wayOut}`;
  return endOperation(tools, scene, { end: "refused", status: "failed", reason });
}

/** Actions that give a group back: owed when a person gives an operation up after its servers have written. */
const GIVES_BACK = /^marker\.release/;

/**
 * A person gives the operation up. Before the point of no return, what it has done and nobody took back is owed as undoing.
 * After it the target's servers hold writes of their own: nothing of them is undone, the group is where they are, what is
 * missing is named, and that it be given back is owed.
 */
export async function abandonOperation(
  tools: OperationTools,
  scene: LocalScene,
  reason: string,
): Promise<OperationStatus> {
  if (hasSwitched(scene)) return abandonForward(tools, scene, reason);
  const leftovers = await oweUndoing(tools, scene, { reason: `abandoned: ${reason}`, isOwed: () => true });
  return endOperation(tools, scene, {
    end: "abandoned",
    status: "cancelled",
    reason: `abandoned: ${reason}`,
    leftovers,
  });
}

function hasSwitched({ steps }: LocalScene): boolean {
  return (
    hasTargetWritten(steps) &&
    steps.some(({ key, status }) => /^epoch\.(source|target)$/.test(key) && status === "completed")
  );
}

async function abandonForward(
  { ports, journal, keeper }: OperationTools,
  scene: LocalScene,
  reason: string,
): Promise<OperationStatus> {
  const open = scene.steps.filter(({ status }) => status !== "completed" && status !== "skipped");
  const owed = open.filter(({ action }) => GIVES_BACK.test(action));
  await journal.write("duties of what is given up", async (trx) => {
    for (const step of owed) {
      const siteId = siteOf(scene, step);
      await oweStep(trx, ports, { operation: scene.operation, step, siteId, reason: `abandoned: ${reason}` });
    }
  });
  const leftovers = open
    .filter(({ action }) => action !== "barrier")
    .map((step) => ({
      subject: step.title,
      reason: owed.includes(step) ? "owed: done by itself" : "not done: given up",
    }));
  const ending = { status: "cancelled", reason: `abandoned: ${reason}`, leftovers } as const;
  return endOperation({ ports, journal, keeper }, scene, { end: "completed_with_errors", ...ending });
}

/**
 * The group's primary role has changed since: no step runs any more. What this operation made at its own site is owed as
 * clean-up; the other site and the markers belong to whoever holds the role now.
 */
export async function supersedeOperation(
  tools: OperationTools,
  scene: LocalScene,
  reason: string,
): Promise<OperationStatus> {
  const leftovers = await oweUndoing(tools, scene, {
    reason: `superseded: ${reason}`,
    isOwed: (step) => siteOf(scene, step) === scene.localSiteId && !step.action.startsWith("marker."),
  });
  return endOperation(tools, scene, { end: "superseded", status: "superseded", reason, leftovers });
}

async function oweUndoing(
  { ports, journal }: OperationTools,
  scene: LocalScene,
  owed: { readonly reason: string; isOwed(step: JournaledStep): boolean },
): Promise<WorkflowReport["leftovers"]> {
  const steps = scene.steps.filter(
    (step) => step.settings.isUndoable && MAY_HAVE_EFFECT.has(step.status) && owed.isOwed(step),
  );
  await journal.write("duties of what is left", async (trx) => {
    for (const step of steps) {
      await oweStep(trx, ports, {
        operation: scene.operation,
        step,
        siteId: siteOf(scene, step),
        reason: owed.reason,
        isUndo: true,
      });
    }
  });
  return steps.map((step) => ({ subject: step.title, reason: "owed: taken back when its site answers" }));
}
