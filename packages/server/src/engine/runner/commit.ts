import { COMMIT_STEP } from "../steps/commit-window.ts";
import type { Journal } from "./journal.ts";
import type { JournaledStep } from "./operation-store.ts";

/** Whether a failover's servers run and nobody has committed it: everything can still be taken back. */
export function isWindowOpen(steps: readonly JournaledStep[]): boolean {
  const isOpened = steps.some(({ action, status }) => action === "commit.open" && status === "completed");
  return isOpened && steps.some(({ key, status }) => key === COMMIT_STEP && status !== "completed");
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
