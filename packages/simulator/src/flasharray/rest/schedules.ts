import { ArrayError } from "../block-array.ts";
import { requireUnlocked } from "../groups.ts";
import type { StoredGroup, StoredSchedule } from "../objects.ts";
import { booleanOf, numberOf, objectOf, requireKnown } from "./body.ts";
import { badRequest } from "./rest-error.ts";

const DAY_MS = 86_400_000;
const SHORTEST_MS = 300_000;
const LONGEST_MS = 34_560_000_000;

type Body = Readonly<Record<string, unknown>>;

/** Applies a schedule of a body. Frequency is in ms, `at` in s since midnight, blackout in ms since midnight. */
export function changeSchedule(group: StoredGroup, schedule: StoredSchedule, body: Body): void {
  requireKnown(body, ["at", "blackout", "enabled", "frequency"]);
  const frequency = numberOf(body, "frequency") ?? schedule.frequency;
  if (frequency < SHORTEST_MS || frequency > LONGEST_MS) {
    throw new ArrayError(group.name, "Invalid frequency: must be between 300000 and 34560000000 milliseconds.");
  }
  const at = numberOf(body, "at");
  if (at !== undefined && at !== -1 && (frequency % DAY_MS !== 0 || at < 0 || at >= 86_400)) {
    throw new ArrayError(group.name, "Invalid time of day: frequency must be a multiple of one day.");
  }
  const enabled = booleanOf(body, "enabled") ?? schedule.enabled;
  if (!enabled && schedule.enabled) requireUnlocked(group);
  if (body.blackout !== undefined && body.blackout !== "") schedule.blackout = blackoutOf(objectOf(body, "blackout"));
  if (body.blackout === "") schedule.blackout = undefined;
  if (at !== undefined) schedule.at = at === -1 ? undefined : at;
  schedule.enabled = enabled;
  schedule.frequency = frequency;
}

function blackoutOf(body: Body): NonNullable<StoredSchedule["blackout"]> {
  const [start, end] = [numberOf(body, "start") ?? -1, numberOf(body, "end") ?? -1];
  for (const at of [start, end]) {
    if (at < 0 || at >= DAY_MS || at % 3_600_000 !== 0) throw badRequest("Invalid blackout: must be on the hour.");
  }
  return { start, end };
}

/** Applies a retention of a body: `all_for_sec` in s, `per_day` snapshots for `days` days after that. */
export function changeRetention(group: StoredGroup, key: "source_retention" | "target_retention", body: Body): void {
  requireKnown(body, ["all_for_sec", "days", "per_day"]);
  const before = key === "source_retention" ? group.sourceRetention : group.targetRetention;
  const after = {
    all_for_sec: numberOf(body, "all_for_sec") ?? before.all_for_sec,
    days: numberOf(body, "days") ?? before.days,
    per_day: numberOf(body, "per_day") ?? before.per_day,
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
  if (key === "source_retention") group.sourceRetention = after;
  else group.targetRetention = after;
}
