import { memberIds, type SkipRequest, stepsToSkip } from "../../domain/skip-rules.ts";
import type { Journal } from "./journal.ts";
import type { Scene } from "./scene.ts";
import type { LeftOut } from "./step-graph.ts";

/**
 * Leaves out what a person has named, with the reason that was typed; the rest goes on, or is taken back, as if it had
 * succeeded.
 * @throws ProtectorError `operation.cannot_skip` when that has changed since it was asked for.
 */
export async function leaveOut(
  { steps, view }: Scene,
  { journal }: { readonly journal: Journal },
  request: SkipRequest,
): Promise<void> {
  const output: LeftOut = { leftOut: true, reason: request.reason };
  const chosen = stepsToSkip(steps, request, memberIds(view.members));
  await Promise.all(
    chosen.map((step) => {
      const isUndoing = step.status === "undo_failed";
      step.status = isUndoing ? "undone" : "skipped";
      step.output = output;
      const message = `${isUndoing ? "its undoing was " : ""}left out: ${request.reason}`.slice(0, 1000);
      return journal.writeStep(step.key, { status: step.status, output, message, finishedAt: "now" });
    }),
  );
}
