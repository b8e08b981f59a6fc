import type { JournaledStep } from "../runner/operation-store.ts";

/** Steps by key, by plan: a thousand members ask for several outputs each. */
const indexes = new WeakMap<readonly JournaledStep[], ReadonlyMap<string, JournaledStep>>();

function indexOf(steps: readonly JournaledStep[]): ReadonlyMap<string, JournaledStep> {
  let index = indexes.get(steps);
  if (!index) {
    index = new Map(steps.map((step) => [step.key, step]));
    indexes.set(steps, index);
  }
  return index;
}

/** Output of a completed step; undefined when it has none. */
export function outputOf<T>(steps: readonly JournaledStep[], key: string): T | undefined {
  const step = indexOf(steps).get(key);
  return step?.status === "completed" ? (step.output as T) : undefined;
}
