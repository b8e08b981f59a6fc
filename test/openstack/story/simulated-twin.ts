import type { OperationStep } from "@protector/contract";
import { type CloudTimes, TYPICAL } from "../../../bench/failover/cloud-times.ts";
import { measureFailover } from "../../../bench/failover/measure.ts";
import type { CallTimes } from "./calls.ts";

/** Nova's and Cinder's own work, from the steps that wait for it. */
const WORK = {
  stopMs: "stop",
  buildMs: "active",
  shelveMs: "park",
} as const;

/**
 * Runs a failover of as many members between simulated sites that answer and work as slowly as the real ones did.
 * @returns its wall time in s.
 */
export async function simulateAlike(
  calls: Readonly<Record<string, CallTimes>>,
  steps: readonly OperationStep[],
  members: number,
): Promise<number> {
  const nova = calls["site-a/nova"]?.mean_ms ?? 0;
  const work = Object.entries(WORK).map(([name, key]) => [name, Math.max(0, meanMs(steps, key) - 2 * nova)] as const);
  const waits = steps.filter(({ key }) => key === "ahead.wait" || key === "final.wait").map(durationMs);
  const times: CloudTimes = {
    ...TYPICAL,
    latencyOf: (service) => (calls[service] ?? calls[service.includes("/") ? "" : "array-b"])?.mean_ms ?? 0,
    compute: { ...TYPICAL.compute, ...Object.fromEntries(work) },
    transferMs: Math.min(...waits),
  };
  const row = await measureFailover(times, members, "planned");
  return Number(row.wall_s);
}

/** Mean duration of the steps of one kind, told by the beginning of their keys. */
export function meanMs(steps: readonly OperationStep[], kind: string): number {
  const durations = steps.filter(({ key }) => key.startsWith(`${kind}.`)).map(durationMs);
  return durations.reduce((sum, each) => sum + each, 0) / Math.max(1, durations.length);
}

function durationMs({ started_at, finished_at }: OperationStep): number {
  return Date.parse(finished_at ?? "") - Date.parse(started_at ?? "");
}
