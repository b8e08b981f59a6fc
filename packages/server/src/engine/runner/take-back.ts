import type { OperationStatus } from "@protector/contract";
import { readJson, readOptionalJson, writeJson } from "../../db/codecs.ts";
import { isUndoingSkippable } from "../../domain/skip-rules.ts";
import { STEP_HANDLERS } from "../steps/index.ts";
import type { WorkflowReport } from "../workflows/workflow.ts";
import { type DutyInput, oweStep } from "./duties.ts";
import { endOperation } from "./end-operation.ts";
import { failureItem } from "./failure.ts";
import { databaseTime, type OperationRow } from "./operation-store.ts";
import { clearRequest, LOOK_AGAIN_MS, type OperationTools, setOperation } from "./operation-tools.ts";
import type { Scene } from "./scene.ts";
import { isLeftOut } from "./step-graph.ts";
import { type UndoOptions, type UndoOutcome, undoSteps } from "./undo-run.ts";

/**
 * Takes back what an operation did. What one without its source did there is owed when the source does not answer, so that
 * a site that is dead keeps nothing waiting.
 */
export async function takeBack(
  tools: OperationTools,
  scene: Scene,
  status: "cancelled" | "rolled_back",
): Promise<OperationStatus> {
  const { ports, journal, keeper } = tools;
  const { operation } = scene;
  await journal.write("operation rolling_back", async (trx) => {
    const cleared = { next_look_at: null, finished_at: null } as const;
    const error = isWindowOpenError(operation) ? null : operation.error;
    const intent = { status: "rolling_back", status_reason: status, undone_as: status } as const;
    await setOperation(trx, operation.id, { ...intent, error, ...cleared });
    await clearRequest(trx, operation);
  });
  const outcome = await undoSteps(scene.environment, scene.steps, {
    handlers: STEP_HANDLERS,
    databaseNow: await databaseTime(ports.connection),
    leaseSignal: keeper.signal,
    ...(operation.mode === "unplanned" ? { owe: oweUndoing(tools, scene) } : {}),
  });
  if (outcome.kind === "undone") {
    const leftovers = await owedUndoing(tools, operation.id);
    const reason = leftovers.length > 0 ? "taken back, as far as its sites answer" : reasonOf(scene);
    return endOperation(tools, scene, { end: "undone", status, reason, leftovers });
  }
  const error = writeJson(failureItem(outcome.failure, scene.environment.operation.requestId));
  if (outcome.kind === "waiting") {
    const status_reason = `waiting: ${whatStands(scene, outcome)}`;
    await journal.writeOperation({ error, status_reason, next_look_at: ports.connection.fromNow(LOOK_AGAIN_MS) });
    return "rolling_back";
  }
  await journal.writeOperation({
    status: "failed",
    error,
    status_reason: `${whatStands(scene, outcome)}. ${waysOn(scene, outcome)}`,
    finished_at: ports.connection.now(),
  });
  return "failed";
}

/** Which step was not taken back, and why. */
function whatStands({ steps }: Scene, { stepKey, failure }: NotUndone): string {
  const title = steps.find(({ key }) => key === stepKey)?.title ?? stepKey;
  return `"${title}" was not taken back: ${failure.error.message.replace(/\.$/, "")}`;
}

/** What a person can do about it, as it is typed. */
function waysOn({ operation: { id }, steps }: Scene, { stepKey }: NotUndone): string {
  const step = steps.find(({ key }) => key === stepKey);
  const again = `Try again: protector operation rollback ${id}`;
  const without = `go back without it: protector operation skip ${id} --step ${stepKey} --reason TEXT`;
  const up = `give all up: protector operation abandon ${id} --reason TEXT`;
  return [again, ...(step && isUndoingSkippable(step) ? [without] : []), up].join("; ");
}

/** How a way back that stands still has come to that. */
type NotUndone = Exclude<UndoOutcome, { readonly kind: "undone" }>;

/** That it waited for a commit is no error of one that goes back. */
function isWindowOpenError({ error }: OperationRow): boolean {
  return readOptionalJson(error)?.code.endsWith("commit_window.open") === true;
}

/** Some operations do nothing that could be taken back: a clean-up, for example. */
function reasonOf({ steps }: Scene): string {
  const isUndone = steps.some(({ status }) => status === "undone");
  if (steps.some((step) => step.status === "undone" && isLeftOut(step))) return "taken back, but for what was left out";
  const hasDone = steps.some(({ status, action }) => status === "completed" && action !== "barrier");
  return isUndone || !hasDone ? "everything it did was taken back" : "stopped; what it had done stays";
}

function oweUndoing({ ports }: OperationTools, scene: Scene): NonNullable<UndoOptions["owe"]> {
  return (trx, step, failure) =>
    oweStep(trx, ports, {
      operation: scene.operation,
      step,
      siteId: scene.environment[step.site].siteId,
      reason: failure.error.message,
      isUndo: true,
    });
}

/** What is owed of an operation's undoing, whichever engine has written it down. */
async function owedUndoing({ ports }: OperationTools, operationId: string): Promise<WorkflowReport["leftovers"]> {
  const duties = await ports.connection.db
    .selectFrom("duties")
    .select(["subject", "input"])
    .where("operation_id", "=", operationId)
    .where("state", "=", "owed")
    .orderBy("created_at")
    .execute();
  return duties
    .filter(({ input }) => (readJson(input) as Partial<DutyInput>).isUndo)
    .map(({ subject }) => ({ subject, reason: "owed: taken back when its site answers" }));
}
