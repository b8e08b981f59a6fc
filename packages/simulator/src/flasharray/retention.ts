import type { StoredPoint, StoredRetention } from "./objects.ts";

const DAY_MS = 86_400_000;

/** A point and when retention gives it up. */
export interface Expiry {
  readonly point: StoredPoint;
  readonly at: number;
}

/**
 * The point that retention gives up first: one older than `all_for_sec` that is not among the `per_day` of its day, or one
 * that was kept for its day and is `days` days older than that. Of each slot of a day the oldest point is the one kept.
 * @param points the live points under retention.
 */
export function nextExpiry(points: readonly StoredPoint[], retention: StoredRetention): Expiry | undefined {
  const slots = new Set<number>();
  let next: Expiry | undefined;
  for (const point of points.toSorted((a, b) => a.cutAt - b.cutAt)) {
    const slot = Math.floor((point.cutAt * Math.max(1, retention.per_day)) / DAY_MS);
    const isKept = retention.per_day > 0 && !slots.has(slot);
    slots.add(slot);
    const at = point.cutAt + retention.all_for_sec * 1000 + (isKept ? retention.days * DAY_MS : 0) + 1;
    if (!next || at < next.at) next = { point, at };
  }
  return next;
}
