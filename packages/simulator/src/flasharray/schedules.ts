import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { localGroup, requireUnlocked } from "./groups.ts";
import type { StoredGroup, StoredRetention, StoredSchedule } from "./objects.ts";

const DAY_MS = 86_400_000;
const LONGEST_MS = 34_560_000_000;

/** What changes of a schedule; the rest stays. */
export interface ScheduleChange {
  readonly enabled?: boolean | undefined;
  /** Interval in ms. */
  readonly frequency?: number | undefined;
  /** s since midnight; -1 = any time. */
  readonly at?: number | undefined;
  /** ms since midnight; null = none. */
  readonly blackout?: { readonly start: number; readonly end: number } | null | undefined;
}

/** Which of a group's two schedules, or of its two retentions. */
export type ScheduleKey = "replicationSchedule" | "snapshotSchedule";
export type RetentionKey = "sourceRetention" | "targetRetention";

/**
 * Changes a schedule of a group of this array; one that is switched on cuts its first point at once.
 * @throws ArrayError for values that no array takes.
 */
export function changeSchedule(state: ArrayState, group: StoredGroup, key: ScheduleKey, change: ScheduleChange): void {
  localGroup(state, group.name);
  const schedule = group[key];
  const frequency = change.frequency ?? schedule.frequency;
  if (frequency < state.shortestIntervalMs || frequency > LONGEST_MS) {
    const range = `between ${state.shortestIntervalMs} and ${LONGEST_MS} milliseconds`;
    throw new ArrayError(group.name, `Invalid frequency: must be ${range}.`);
  }
  const { at } = change;
  if (at !== undefined && at !== -1 && (frequency % DAY_MS !== 0 || at < 0 || at >= 86_400)) {
    throw new ArrayError(group.name, "Invalid time of day: frequency must be a multiple of one day.");
  }
  const enabled = change.enabled ?? schedule.enabled;
  if (!enabled && schedule.enabled) requireUnlocked(group);
  if (enabled && !schedule.enabled) start(group, key, state.now());
  if (change.blackout !== undefined) schedule.blackout = change.blackout ?? undefined;
  if (at !== undefined) schedule.at = at === -1 ? undefined : at;
  schedule.enabled = enabled;
  schedule.frequency = frequency;
  group.dueAt = undefined;
}

function start(group: StoredGroup, key: ScheduleKey, at: number): void {
  if (key === "replicationSchedule") group.nextPointAt = at;
  else group.nextLocalPointAt = at;
}

/** Whether an hour of the day may begin or end a blackout, in ms since midnight. */
export function isBlackoutHour(at: StoredSchedule["at"]): boolean {
  return at !== undefined && at >= 0 && at < DAY_MS && at % 3_600_000 === 0;
}

/**
 * Changes how long a group's points are kept here or on its targets; what is left out stays.
 * @throws ArrayError for values that no array takes, and for a shorter time under a retention lock.
 */
export function changeRetention(
  state: ArrayState,
  group: StoredGroup,
  change: { readonly key: RetentionKey; readonly to: { readonly [K in keyof StoredRetention]?: number | undefined } },
): void {
  localGroup(state, group.name);
  const before = group[change.key];
  const after = {
    all_for_sec: change.to.all_for_sec ?? before.all_for_sec,
    days: change.to.days ?? before.days,
    per_day: change.to.per_day ?? before.per_day,
  };
  const isValid =
    after.all_for_sec >= 60 &&
    after.all_for_sec <= 34_560_000 &&
    after.per_day >= 0 &&
    after.per_day <= 1440 &&
    after.days >= 0 &&
    after.days <= 4000;
  if (!isValid) throw new ArrayError(group.name, "Invalid retention.");
  if (after.all_for_sec < before.all_for_sec || after.days < before.days) requireUnlocked(group);
  group[change.key] = after;
  group.dueAt = undefined;
}
