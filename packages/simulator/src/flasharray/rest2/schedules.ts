import type { StoredGroup, StoredSchedule } from "../objects.ts";
import { changeRetention, changeSchedule, isBlackoutHour, type RetentionKey, type ScheduleKey } from "../schedules.ts";
import { booleanOf, numberOf, objectOf, requireKnown } from "./body.ts";
import type { CallContext } from "./context.ts";
import { badRequest } from "./rest-error.ts";

type Body = Readonly<Record<string, unknown>>;

const SCHEDULES: readonly (readonly [string, ScheduleKey])[] = [
  ["replication_schedule", "replicationSchedule"],
  ["snapshot_schedule", "snapshotSchedule"],
];
const RETENTIONS: readonly (readonly [string, RetentionKey])[] = [
  ["source_retention", "sourceRetention"],
  ["target_retention", "targetRetention"],
];

/** Applies the schedules and retentions of a body: frequency in ms, `at` in s and blackout in ms since midnight. */
export function changeSettings(call: CallContext, group: StoredGroup): void {
  for (const [member, key] of SCHEDULES) {
    if (call.body[member] === undefined) continue;
    const body = objectOf(call.body, member);
    requireKnown(body, ["at", "blackout", "enabled", "frequency"]);
    changeSchedule(call.state, group, key, {
      enabled: booleanOf(body, "enabled"),
      frequency: numberOf(body, "frequency"),
      at: numberOf(body, "at"),
      blackout: blackoutOf(body),
    });
  }
  for (const [member, key] of RETENTIONS) {
    if (call.body[member] === undefined) continue;
    const body = objectOf(call.body, member);
    requireKnown(body, ["all_for_sec", "days", "per_day"]);
    const [all_for_sec, days, per_day] = [
      numberOf(body, "all_for_sec"),
      numberOf(body, "days"),
      numberOf(body, "per_day"),
    ];
    changeRetention(call.state, group, { key, to: { all_for_sec, days, per_day } });
  }
}

function blackoutOf(body: Body): StoredSchedule["blackout"] | null {
  if (body.blackout === undefined) return undefined;
  if (body.blackout === "") return null;
  const hours = objectOf(body, "blackout");
  const [start, end] = [numberOf(hours, "start") ?? -1, numberOf(hours, "end") ?? -1];
  if (![start, end].every(isBlackoutHour)) throw badRequest("Invalid blackout: must be on the hour.");
  return { start, end };
}
