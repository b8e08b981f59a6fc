import type { StoredTransfer } from "./objects.ts";

/** Whether all data has arrived. */
export function isComplete(transfer: StoredTransfer): boolean {
  return transfer.completedAt !== undefined;
}

/** ms of its duration that a transfer has behind it at `now`. */
export function elapsedOf(transfer: StoredTransfer, now: number, carries: boolean): number {
  if (isComplete(transfer)) return transfer.durationMs;
  if (transfer.startedAt === undefined) return 0;
  const since = carries ? Math.max(0, now - transfer.since) : 0;
  return Math.min(transfer.durationMs, transfer.elapsedMs + since);
}
