import type { JournaledStep } from "../runner/operation-store.ts";
import { isLeftOut, type LeftOut } from "../runner/step-graph.ts";
import type { WorkflowReport } from "./workflow.ts";

/** Whether a person has left a member out: its server was not seen to be up. */
export function isMemberLeftOut(steps: readonly JournaledStep[], memberId: string): boolean {
  return steps.some(({ key, output }) => key === `verify.${memberId}` && isLeftOut({ output }));
}

/** What was left out and why, for the report: the steps that had failed. */
export function leftOutSteps(steps: readonly JournaledStep[]): WorkflowReport["leftovers"] {
  return steps
    .filter((step) => isLeftOut(step) && step.error !== null)
    .map(({ title, output, error }) => ({
      subject: title,
      reason: `left out: ${(output as LeftOut).reason}. ${error?.detail ?? ""}`.trimEnd(),
    }));
}
