import { type ErrorCode, ProtectorError } from "@protector/contract";
import { podOf, pointsOf, type RecoveryPoint } from "@protector/storage";
import { readJson, writeJson } from "../../db/codecs.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { checkSurvivor } from "../plans/pod-checks.ts";
import { ANSWER_WITHIN_MS } from "../steps/look-at-source.ts";
import type { CutPoint, CutPointInput } from "../steps/replication.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import { observePod } from "../world/observe-pod.ts";
import { unlessSilent, within } from "../world/within.ts";
import { oweStep } from "./duties.ts";
import { roundOf } from "./forward-run.ts";
import type { Journal } from "./journal.ts";
import type { JournaledStep, OperationRow } from "./operation-store.ts";
import type { Scene } from "./scene.ts";
import { OWED } from "./step-graph.ts";

/** Source steps whose effect the source owes when it answers again, rather than something nobody needs any more. */
const OWED_ACTIONS = new Set([
  "server.lock",
  "server.stop",
  "replication.schedule",
  "server.park",
  "marker.raise",
  "marker.release_here",
  "forward.allow",
  "away.cinder_group",
  "away.delete",
  "away.replication",
  "away.volume",
]);

/** A point to go on with, and what it loses. */
export interface ChosenPoint extends CutPoint {
  /** s between the cut and now; 0 when the point holds the last write. */
  readonly lossSeconds: number;
}

/** Step of an unplanned failover that keeps the source from writing. */
const FENCE = "source.fence";

/** Whether an operation was started without its source, rather than having lost it on the way. */
export function isUnplanned(steps: readonly JournaledStep[]): boolean {
  return steps.some((step) => step.action === FENCE);
}

/**
 * Steps as they run once a person has said why it is safe to go on: a fence that fails stops nothing any more, it is owed.
 */
export function withReason(steps: readonly JournaledStep[], reason: string | undefined): readonly JournaledStep[] {
  if (reason === undefined) return steps;
  return steps.map((step) =>
    step.action === FENCE && step.settings.onFailure === "stop"
      ? { ...step, settings: { ...step.settings, onFailure: "duty" } }
      : step,
  );
}

/**
 * Makes a planned failover go on without its source (`resume --as unplanned`): recovers from the final point when all of it
 * arrived, else from the newest usable one; what only the source could do is owed.
 * @throws ProtectorError `recovery_point.none` when nothing usable is on the target.
 */
export async function goOnWithoutSource(
  scene: Scene,
  tools: { readonly journal: Journal; readonly ports: EnginePorts; readonly reason: string },
): Promise<void> {
  const { journal, ports } = tools;
  const { operation } = scene;
  if (isUnplanned(scene.steps)) return journal.writeOperation(reasonOf(operation, tools.reason));
  const point = await takePoint(scene, ports.clock.now());
  await journal.write("go on without the source", async (trx) => {
    for (const step of scene.steps) {
      if (step.status === "completed") continue;
      if (isOfPoint(step, scene)) continue;
      if (step.site !== "source" && step.action !== "replication.wait") continue;
      if (OWED_ACTIONS.has(step.action)) {
        await oweStep(trx, ports, {
          operation,
          step,
          siteId: scene.environment.source.siteId,
          reason: `the failover went on without this site: ${tools.reason}`,
        });
      }
    }
    const parameters = { ...readJson(operation.parameters), as: "unplanned" };
    await trx
      .updateTable("dr_operations")
      .set({
        parameters: writeJson(parameters),
        mode: "unplanned",
        recovery_point: point.suffix,
        data_loss_seconds: point.lossSeconds,
        request: null,
      })
      .where("id", "=", operation.id)
      .execute();
  });
  await Promise.all(scene.steps.map((step) => settleStep(journal, step, { point, names: isOfPoint(step, scene) })));
}

function reasonOf(operation: OperationRow, reason: string) {
  return { parameters: writeJson({ ...readJson(operation.parameters), reason }), request: null };
}

/** Steps that name the point which is recovered from; in a pod it is cut at the target as well. */
function isOfPoint({ key }: JournaledStep, scene: Scene): boolean {
  if (key === "final.cut") return podOf(groupOf(scene)) !== undefined;
  return key === "final.verify" || key === "final.wait";
}

function groupOf({ view, environment }: Scene): string {
  return arrayGroupAt(view, environment.source.siteId);
}

/**
 * The point that is recovered from. Of a group in a pod the surviving array has every write: it is cut now, under the name
 * that the plan has for it.
 */
async function takePoint(scene: Scene, now: number): Promise<ChosenPoint> {
  const chosen = await choosePoint(scene, now);
  const name = freshName(scene);
  if (name === undefined) return chosen;
  const { suffix, createdAt } = await scene.environment.target.array.replicateNow(groupOf(scene), name);
  return { suffix, createdAt, lossSeconds: 0 };
}

/** Name of a point that is cut when the failover goes on; undefined when there is a final one, or it would have to be sent. */
function freshName(scene: Scene): string | undefined {
  const cut = scene.steps.find(({ key }) => key === "final.cut");
  if (!cut || cut.status === "completed" || podOf(groupOf(scene)) === undefined) return undefined;
  const input = cut.input as CutPointInput;
  return `${input.suffix}-${roundOf(input)}`;
}

/** @throws ProtectorError when the surviving array may lack writes. */
async function requireSurvivor(scene: Scene): Promise<void> {
  const { source, target, clock } = scene.environment;
  const patience = { ms: ANSWER_WITHIN_MS, who: `The array at ${source.siteName}` };
  const pod = await observePod(groupOf(scene), { source, target }, (question) =>
    unlessSilent(within({ clock }, patience, question)),
  );
  const [problem] = pod ? checkSurvivor(pod) : [];
  if (problem) throw new ProtectorError(problem.check as ErrorCode, problem.reason);
}

/** The point that a recovery without the source would use now. */
export async function choosePoint(scene: Scene, now: number): Promise<ChosenPoint> {
  const { source, target } = scene.environment;
  const group = groupOf(scene);
  const fresh = freshName(scene);
  if (fresh !== undefined) {
    await requireSurvivor(scene);
    return { suffix: fresh, createdAt: now, lossSeconds: 0 };
  }
  const points = await target.array.listRecoveryPoints(pointsOf(group, await source.arrayName()));
  const usable = points.filter((point) => point.isUsable);
  const final = finalCut(scene.steps);
  const chosen = usable.find((point) => point.suffix === final?.suffix) ?? usable[0];
  if (!chosen) {
    throw new ProtectorError(
      "recovery_point.none",
      `No recovery point of ${scene.view.group.name} is complete at ${target.siteName}.`,
    );
  }
  return { suffix: chosen.suffix, createdAt: chosen.createdAt, lossSeconds: lossOf(chosen, final, now) };
}

/** The cut that was made when every server was at rest. */
function finalCut(steps: readonly JournaledStep[]): CutPoint | undefined {
  const cut = steps.find((step) => step.key === "final.cut");
  return cut?.status === "completed" ? (cut.output as CutPoint) : undefined;
}

function lossOf(point: RecoveryPoint, final: CutPoint | undefined, now: number): number {
  return point.suffix === final?.suffix ? 0 : Math.max(0, Math.round((now - point.createdAt) / 1000));
}

/** Steps of the source are over; those that name the point say which it is. */
async function settleStep(
  journal: Journal,
  step: JournaledStep,
  { point, names }: { readonly point: ChosenPoint; readonly names: boolean },
): Promise<void> {
  if (step.status === "completed") return;
  if (names) {
    step.status = "completed";
    step.output = { suffix: point.suffix, createdAt: point.createdAt } satisfies CutPoint;
    await journal.writeStep(step.key, {
      status: "completed",
      output: step.output,
      error: null,
      message: "chosen without the source",
    });
    return;
  }
  if (step.site !== "source" && step.action !== "replication.wait") return;
  step.status = "skipped";
  step.output = OWED;
  await journal.writeStep(step.key, {
    status: "skipped",
    output: OWED,
    message: "the source is lost",
    finishedAt: "now",
  });
}
