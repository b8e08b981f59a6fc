import type { PlannedStep } from "../runner/plan.ts";

/** Seconds that a step of an action took when it was measured here, by action. */
export type MeasuredSeconds = ReadonlyMap<string, number>;

/**
 * Seconds along the plan's longest path: each step takes what its action took when it was measured, else its weight, which
 * is its usual time in seconds.
 */
export function expectedSeconds(steps: readonly PlannedStep[], measured: MeasuredSeconds = new Map()): number {
  const finish = new Map<string, number>();
  for (const step of steps) {
    const before = [...step.dependsOn, ...step.after].map((key) => finish.get(key) ?? 0);
    const own = measured.get(step.action) ?? step.settings.weight;
    finish.set(step.key, before.reduce((a, b) => Math.max(a, b), 0) + own);
  }
  return Math.ceil([...finish.values()].reduce((a, b) => Math.max(a, b), 0));
}
