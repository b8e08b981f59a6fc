import type { JournaledStep } from "../../packages/server/src/engine/runner/operation-store.ts";
import type { CloudTimes } from "../failover/cloud-times.ts";
import { criticalPathMs } from "../failover/critical-path.ts";

/**
 * The shortest time, ms, in which any engine could run the groups' plans: a lower bound. The largest of
 *
 * 1. all steps as one plan, in which no group waits for another: what the services' limits allow;
 * 2. the groups' own paths one after the other, `atOnce` at a time: what the wished concurrency allows.
 */
export function criticalPathOfGroups(
  groups: readonly (readonly JournaledStep[])[],
  times: CloudTimes,
  atOnce: number,
): number {
  const paths = groups.map((steps) => criticalPathMs(steps, times));
  const inTurn = paths.reduce((sum, each) => sum + each, 0) / atOnce;
  const together = criticalPathMs(
    groups.flatMap((steps, index) => steps.map((step) => ofGroup(step, index))),
    times,
  );
  return Math.max(together, inTurn, ...paths);
}

/** Keys of plans are unique in one plan only. */
function ofGroup(step: JournaledStep, index: number): JournaledStep {
  const named = (key: string) => `${index}:${key}`;
  return { ...step, key: named(step.key), dependsOn: step.dependsOn.map(named), after: step.after.map(named) };
}
