import type { JournaledStep } from "../runner/operation-store.ts";
import { isOwed } from "../runner/step-graph.ts";
import type { WorkflowReport } from "./workflow.ts";

/** Steps that a site owes, for the report. */
export function owedSteps(steps: readonly JournaledStep[]): WorkflowReport["leftovers"] {
  return steps
    .filter((step) => step.kind !== "observe" && isOwed(step))
    .map((step) => ({
      subject: step.title,
      reason: `owed: done when the site answers again${step.error ? `. ${step.error.detail}` : ""}`,
    }));
}
