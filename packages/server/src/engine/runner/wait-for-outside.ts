import type { OperationStatus } from "@protector/contract";
import { writeJson } from "../../db/codecs.ts";
import type { DbTime } from "../../db/schema.ts";
import { failureItem, type StepFailure } from "./failure.ts";
import { type ChosenPoint, choosePoint } from "./lost-source.ts";
import { clearRequest, LOOK_AGAIN_MS, type OperationTools, setOperation } from "./operation-tools.ts";
import type { Scene } from "./scene.ts";

/** Why an operation stops working for now. */
export interface Standstill {
  readonly failure: StepFailure;
  /** Key of the step that waits, or what is done before there are steps. */
  readonly waitsFor: string;
  readonly progress: number;
  /** When the wait ends; default: it does not. */
  readonly givesUpAt?: DbTime;
  /** ms until it is looked at again; default {@link LOOK_AGAIN_MS}. */
  readonly lookAgainMs?: number;
  /** What follows, and what can be done meanwhile. */
  readonly hint?: string;
}

/** Leaves an operation `waiting` for something outside; any engine looks again soon. */
export async function waitForOutside(
  tools: OperationTools,
  scene: Scene,
  standstill: Standstill,
): Promise<OperationStatus> {
  const { ports, journal } = tools;
  const { operation } = scene;
  const { failure, waitsFor, progress, givesUpAt = null, lookAgainMs = LOOK_AGAIN_MS, hint } = standstill;
  const alone = await withoutSource(tools, scene, waitsFor);
  const why = [`waiting: ${titleOf(scene, waitsFor)}: ${failure.error.message}${alone?.hint ?? ""}`, hint ?? []].flat();
  await journal.write("operation waiting", async (trx) => {
    await setOperation(trx, operation.id, {
      status: "waiting",
      error: writeJson(failureItem(failure, scene.environment.operation.requestId)),
      status_reason: why.map((part) => part.replace(/\.$/, "")).join(". "),
      progress,
      gives_up_at: givesUpAt,
      next_look_at: ports.connection.fromNow(lookAgainMs),
      ...(alone ? { recovery_point: alone.point.suffix, data_loss_seconds: alone.point.lossSeconds } : {}),
    });
    await clearRequest(trx, operation);
  });
  return "waiting";
}

/** Leaves an operation `failed`: a person has to choose a verb. */
export async function failOperation(
  tools: OperationTools,
  scene: Scene,
  standstill: Standstill,
): Promise<OperationStatus> {
  const { failure, waitsFor, progress } = standstill;
  await tools.journal.write("operation failed", async (trx) => {
    await setOperation(trx, scene.operation.id, {
      status: "failed",
      error: writeJson({ ...failureItem(failure, scene.environment.operation.requestId), step: waitsFor }),
      status_reason: `${titleOf(scene, waitsFor)}: ${failure.error.message}`,
      progress,
      finished_at: tools.ports.connection.now(),
    });
    await clearRequest(trx, scene.operation);
  });
  return "failed";
}

function titleOf(scene: Scene, stepKey: string): string {
  return scene.steps.find((step) => step.key === stepKey)?.title ?? stepKey;
}

/** What going on without the source would recover and lose, when it is the source that a planned failover waits for. */
async function withoutSource(
  { ports, keeper }: OperationTools,
  scene: Scene,
  stepKey: string,
): Promise<{ readonly point: ChosenPoint; readonly hint: string } | undefined> {
  const step = scene.steps.find((each) => each.key === stepKey);
  const isLeaving = scene.operation.type === "failover" && (step?.site === "source" || step?.kind === "fire");
  if (!isLeaving || scene.operation.mode === "unplanned") return undefined;
  try {
    const point = await choosePoint(scene, ports.clock.now());
    const loss = `resume --as unplanned recovers ${point.suffix} and loses ${point.lossSeconds} s of writes`;
    return { point, hint: `. If the source is lost: ${loss}` };
  } catch (error) {
    if (keeper.signal.aborted) throw error;
    return undefined;
  }
}
