import type { OperationStep } from "@protector/contract";

/** Steps of one phase, in the order of the plan. */
export interface Phase<S> {
  readonly name: string;
  readonly steps: readonly S[];
}

/** Steps grouped by phase, phases in the order in which they first appear. */
export function phasesOf<S extends { readonly phase: string }>(steps: readonly S[]): readonly Phase<S>[] {
  const phases = new Map<string, S[]>();
  for (const step of steps) {
    const phase = phases.get(step.phase);
    if (phase) phase.push(step);
    else phases.set(step.phase, [step]);
  }
  return [...phases].map(([name, steps]) => ({ name, steps }));
}

/** Whether a step is that of one group of many, which has a line of its own as a member has. */
export const isOfGroup = (step: Pick<OperationStep, "key">): boolean => /^(group|cleanup):/.test(step.key);

/** Whether a step belongs to a line of its own while an operation is under way. */
export const hasOwnRow = (step: OperationStep): boolean => step.member_id !== null || isOfGroup(step);

const SETTLED = ["completed", "skipped", "undone"];
const ACTIVE = ["running", "waiting", "undoing"];

export const isSettled = (step: OperationStep): boolean => SETTLED.includes(step.status);
export const isActive = (step: OperationStep): boolean => ACTIVE.includes(step.status);
export const isFailed = (step: OperationStep): boolean => step.status === "failed" || step.status === "undo_failed";

/** A phase's state in one word: that of its worst, then of its most advanced step. */
export function stateOfPhase(steps: readonly OperationStep[]): string {
  if (steps.some(isFailed)) return "failed";
  const active = steps.find((step) => step.status === "undoing") ?? steps.find(isActive);
  if (active) return steps.some((step) => step.status === "running") ? "running" : active.status;
  if (steps.length > 0 && steps.every(isSettled))
    return steps.every((step) => step.status === "undone") ? "undone" : "done";
  return steps.some(isSettled) ? "running" : "pending";
}

/** Time from the first start to the last end, in seconds; null before the start. */
export function secondsOfPhase(steps: readonly OperationStep[], now: number): number | null {
  const starts = steps.flatMap((step) => step.started_at ?? []);
  if (starts.length === 0) return null;
  const isOpen = steps.some(isActive);
  const ends = steps.flatMap((step) => step.finished_at ?? []);
  const end = isOpen || ends.length === 0 ? now : Math.max(...ends.map(Date.parse));
  return Math.max(0, (end - Math.min(...starts.map(Date.parse))) / 1000);
}
