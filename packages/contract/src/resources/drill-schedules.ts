import Type, { type Static } from "typebox";
import { OPERATION_STATUSES, TEST_TIME_LIMIT } from "../states.ts";
import { Name, Nullable, OneOf, Strict, Timestamp, Uuid } from "./common.ts";
import { HookUrl } from "./hooks.ts";

/** What became of a drill when its time had come. */
export const DRILL_OUTCOMES = ["started", "skipped", "missed"] as const;
/** Which drills the notification URL is told of. */
export const DRILL_NOTICES = ["all", "failures"] as const;

const Cron = Type.String({ minLength: 9, maxLength: 120, description: "minute hour day-of-month month day-of-week" });
const TimeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "IANA name, e.g. Europe/Berlin; default UTC",
});
const WindowSeconds = Type.Integer({
  minimum: 60,
  maximum: 86_400,
  description: "Not begun later than this after its time, s",
});
const HoldSeconds = Nullable(
  Type.Integer({
    minimum: TEST_TIME_LIMIT.least,
    maximum: TEST_TIME_LIMIT.most,
    description: "How long the copies stand, s; null = deleted as soon as they have been verified",
  }),
);

/** One drill whose time has come. */
export const DrillRun = Type.Object({
  due_at: Timestamp,
  outcome: OneOf(DRILL_OUTCOMES),
  reason: Nullable(Type.String({ description: "Why it was skipped or missed" })),
  operation_id: Nullable(Uuid),
  operation_status: Nullable(OneOf(OPERATION_STATUSES)),
  notice: OneOf(["none", "owed", "sent", "given_up"] as const),
  notice_error: Nullable(Type.String()),
});
export type DrillRun = Static<typeof DrillRun>;

/** Test failovers that a site runs by itself, again and again. It is this site's alone. */
export const DrillSchedule = Type.Object({
  id: Uuid,
  name: Name,
  project_id: Type.String(),
  protection_group_id: Nullable(Uuid),
  recovery_plan_id: Nullable(Uuid),
  subject_name: Nullable(Type.String({ description: "Name of the group or plan; null = it is gone" })),
  cron: Cron,
  time_zone: TimeZone,
  window_seconds: WindowSeconds,
  hold_seconds: HoldSeconds,
  notify_url: Nullable(HookUrl),
  notify_on: OneOf(DRILL_NOTICES),
  is_enabled: Type.Boolean(),
  user_id: Type.String({ description: "In whose name it runs: who created it, or changed it last" }),
  waiting_reason: Nullable(Type.String({ description: "Why the drill that is due has not begun yet" })),
  next_runs: Type.Array(Timestamp, { description: "The next three; none while it is disabled" }),
  runs: Type.Array(DrillRun, { description: "The last ones, newest first; in lists one" }),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type DrillSchedule = Static<typeof DrillSchedule>;

const settable = {
  cron: Type.Optional(Cron),
  time_zone: Type.Optional(TimeZone),
  window_seconds: Type.Optional(WindowSeconds),
  hold_seconds: Type.Optional(HoldSeconds),
  notify_url: Type.Optional(Nullable(HookUrl)),
  notify_on: Type.Optional(OneOf(DRILL_NOTICES)),
  is_enabled: Type.Optional(Type.Boolean()),
};

/** Of one group or of one recovery plan. */
export const CreateDrillSchedule = Strict({
  ...settable,
  name: Name,
  cron: Cron,
  protection_group_id: Type.Optional(Uuid),
  recovery_plan_id: Type.Optional(Uuid),
});
export type CreateDrillSchedule = Static<typeof CreateDrillSchedule>;

export const UpdateDrillSchedule = Strict({ ...settable, name: Type.Optional(Name) }, { minProperties: 1 });
export type UpdateDrillSchedule = Static<typeof UpdateDrillSchedule>;
