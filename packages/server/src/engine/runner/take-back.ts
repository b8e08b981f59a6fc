import type { OperationStatus } from "@protector/contract";
import { readJson, readOptionalJson, writeJson } from "../../db/codecs.ts";
import { STEP_HANDLERS } from "../steps/index.ts";
import type { WorkflowReport } from "../workflows/workflow.ts";
import { type DutyInput, oweStep } from "./duties.ts";
import { endOperation } from "./end-operation.ts";
import { failureItem } from "./failure.ts";
import { databaseTime, type OperationRow } from "./operation-store.ts";
import { clearRequest, LOOK_AGAIN_MS, type OperationTools, setOperation } from "./operation-tools.ts";
import type { Scene } from "./scene.ts";
import { type UndoOptions, undoSteps } from "./undo-run.ts";

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
    await setOperation(trx, operation.id, { status: "rolling_back", status_reason: status, error, ...cleared });
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
    await journal.writeOperation({ error, next_look_at: ports.connection.fromNow(LOOK_AGAIN_MS) });
    return "rolling_back";
  }
  await journal.writeOperation({
    status: "failed",
    error,
    status_reason: status,
    finished_at: ports.connection.now(),
  });
  return "failed";
}

/** That it waited for a commit is no error of one that goes back. */
function isWindowOpenError({ error }: OperationRow): boolean {
  return readOptionalJson(error)?.code.endsWith("commit_window.open") === true;
}

/** Some operations do nothing that could be taken back: a clean-up, for example. */
function reasonOf({ steps }: Scene): string {
  const isUndone = steps.some(({ status }) => status === "undone");
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
