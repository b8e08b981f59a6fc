import type { ArrayState } from "./array-state.ts";
import type { StoredGroup, StoredPoint, StoredTransfer } from "./objects.ts";
import { isComplete } from "./transfers.ts";

/** Live points that retention may give up now: those under way or still arriving are spared. */
export function retainedPoints(group: StoredGroup): StoredPoint[] {
  return [...group.points.values()].filter((point) => {
    const isUnderWay = point.outgoing.some((transfer) => !isComplete(transfer));
    const hasArrived = !point.incoming || isComplete(point.incoming);
    return point.isRetained && point.destroyedAt === undefined && !isUnderWay && hasArrived;
  });
}

/** When the group's newest finished transfer ended; 0 when none has. */
export function lastEnd(group: StoredGroup): number {
  let last = 0;
  for (const point of group.points.values()) {
    for (const transfer of point.outgoing) last = Math.max(last, transfer.completedAt ?? 0);
  }
  return last;
}

/** Whether an earlier point of the group is still on its way to the same target. */
export function hasEarlier(point: StoredPoint, transfer: StoredTransfer): boolean {
  for (const other of point.group.points.values()) {
    if (other === point) return false;
    if (other.outgoing.some((earlier) => earlier.target === transfer.target && !isComplete(earlier))) return true;
  }
  return false;
}

/** Bytes to send: writes since the newest point that the target has; everything when it has none. */
export function sizeOf(array: ArrayState, point: StoredPoint, target: string): number {
  const base = new Map<string, number>();
  for (const earlier of point.group.points.values()) {
    if (!earlier.outgoing.some((transfer) => transfer.target === target && isComplete(transfer))) continue;
    for (const part of earlier.volumes) base.set(part.source.id ?? part.name, part.content.length);
  }
  let bytes = 0;
  for (const part of point.volumes) {
    const known = base.get(part.source.id ?? part.name);
    const writes = Math.max(0, part.content.length - (known ?? 0));
    bytes += writes * array.writeBytes + (known === undefined ? array.seedBytes : 0) + 4096;
  }
  return bytes;
}
