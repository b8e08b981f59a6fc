import type { PlannedStep } from "../runner/plan.ts";

/**
 * Seconds along the plan's longest path, taking each step's weight as its usual seconds.
 */
export function expectedSeconds(steps: readonly PlannedStep[]): number {
  const finish = new Map<string, number>();
  for (const step of steps) {
    const before = [...step.dependsOn, ...step.after].map((key) => finish.get(key) ?? 0);
    finish.set(step.key, before.reduce((a, b) => Math.max(a, b), 0) + step.settings.weight);
  }
  return Math.ceil([...finish.values()].reduce((a, b) => Math.max(a, b), 0));
}
