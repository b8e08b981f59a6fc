import type { StoredPoint, StoredRetention } from "./objects.ts";

const DAY_MS = 86_400_000;

/**
 * Points that retention gives up at `now`: older than `all_for_sec` and neither among the `per_day` of a day nor younger
 * than `days` days after that. Of each slot of a day the oldest point is the one kept.
 * @param points the live points under retention, oldest first.
 */
export function expiredPoints(points: readonly StoredPoint[], retention: StoredRetention, now: number): StoredPoint[] {
  const kept = new Set<number>();
  return points.filter((point) => {
    const age = now - point.cutAt;
    const slot = Math.floor((point.cutAt * Math.max(1, retention.per_day)) / DAY_MS);
    const isFirstOfSlot = !kept.has(slot);
    kept.add(slot);
    if (age <= retention.all_for_sec * 1000) return false;
    if (age > retention.all_for_sec * 1000 + retention.days * DAY_MS) return true;
    return retention.per_day === 0 || !isFirstOfSlot;
  });
}

/** When retention may next give up one of the points; undefined when never. */
export function nextExpiry(
  points: readonly StoredPoint[],
  retention: StoredRetention,
  now: number,
): number | undefined {
  let next: number | undefined;
  for (const point of points) {
    const first = point.cutAt + retention.all_for_sec * 1000 + 1;
    const at = first > now ? first : first + retention.days * DAY_MS;
    if (at > now && (next === undefined || at < next)) next = at;
  }
  return next;
}
