import type { JournaledStep } from "../runner/operation-store.ts";

/** Output of a completed step; undefined when it has none. */
export function outputOf<T>(steps: readonly JournaledStep[], key: string): T | undefined {
  const step = steps.find((each) => each.key === key);
  return step?.status === "completed" ? (step.output as T) : undefined;
}
