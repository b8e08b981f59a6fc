import { runSeconds } from "../../domain/plan-order.ts";
import { runOrderOf, wishOf } from "../../domain/run-order.ts";
import type { GroupStep } from "./group-step.ts";
import type { Look } from "./look.ts";

/** 0 to 1, each group counting the same. */
export function progressOf(steps: readonly GroupStep[], children: Look["children"]): number {
  const done = steps.map((step) => {
    if (step.course !== "active") return step.course === "pending" ? 0 : 1;
    return children.get(step.operationId ?? "")?.progress ?? 0;
  });
  return done.reduce((sum, each) => sum + each, 0) / steps.length;
}

/** By order and concurrency, those that have not begun taken for as long as the ones that have ended. */
export function remainingSeconds({ operation, steps, children }: Look): number | null {
  const seconds = steps.flatMap(({ course, startedAt, endedAt }) =>
    course === "completed" && startedAt !== null && endedAt !== null ? [(endedAt - startedAt) / 1000] : [],
  );
  const open = steps.filter(({ course }) => course === "pending" || course === "active");
  const isKnown = seconds.length > 0 || open.every(({ course }) => course === "active");
  if (!isKnown || open.length > 1000) return null;
  const usual = seconds.reduce((sum, each) => sum + each, 0) / Math.max(1, seconds.length);
  const keys = new Set(open.map(({ key }) => key));
  const rest = open.map((step) => ({ ...step, dependsOn: step.dependsOn.filter((key) => keys.has(key)) }));
  const left = (key: string) => {
    const step = open.find((each) => each.key === key);
    return (step?.operationId === undefined ? undefined : children.get(step.operationId)?.remaining_seconds) ?? usual;
  };
  const total = runSeconds(rest, runOrderOf(operation).concurrency, left);
  return total === undefined ? null : Math.ceil(total);
}

/** From the first group on whose target holds writes, the whole cannot be taken back any more. */
export function isPastNoReturn({ operation, children }: Look): boolean {
  const { verb } = wishOf(runOrderOf(operation).action);
  if (operation.is_dry_run === 1 || (verb !== "failover" && verb !== "failback")) return false;
  return [...children.values()].some((child) => child.is_past_no_return === 1 || child.status === "completed");
}
