import { COMMIT_STEP, COMMITTED_STEP } from "../steps/commit-window.ts";
import type { Journal } from "./journal.ts";
import type { JournaledStep } from "./operation-store.ts";

/** Whether the operation is committed some time: until then everything can be taken back, whatever its servers write. */
export function hasCommit(steps: readonly Pick<JournaledStep, "key">[]): boolean {
  return steps.some(({ key }) => key === COMMITTED_STEP);
}

/** Whether nothing leads back from a step: from the commit where there is one, else from the first server that starts. */
export function isPointOfNoReturn(
  { key, settings }: Pick<JournaledStep, "key" | "settings">,
  steps: readonly Pick<JournaledStep, "key">[],
): boolean {
  return settings.isPointOfNoReturn && (key === COMMITTED_STEP || !hasCommit(steps));
}

/** Statuses of a step that may have had its effect, and has not been taken back. */
const MAY_STAND: readonly string[] = ["running", "waiting", "completed", "failed"];

/** Whether servers may have been started at the target, so that it holds writes which the source has not. */
export function hasTargetWritten(steps: readonly JournaledStep[]): boolean {
  return steps.some(({ settings, status }) => settings.isPointOfNoReturn && MAY_STAND.includes(status));
}

/** A person has committed: the step that waited for it is done. */
export async function commit(steps: readonly JournaledStep[], journal: Journal): Promise<void> {
  const step = steps.find(({ key }) => key === COMMIT_STEP);
  if (!step) return;
  step.status = "completed";
  step.output = { by: "person" };
  const written = {
    status: "completed",
    output: step.output,
    error: null,
    message: "committed",
    finishedAt: "now",
  } as const;
  await journal.writeStep(step.key, written);
}
