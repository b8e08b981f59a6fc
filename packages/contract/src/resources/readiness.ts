import Type, { type Static } from "typebox";
import { Nullable, OneOf, Timestamp, Uuid } from "./common.ts";

/** One thing that was looked at. */
export const CheckResult = Type.Object({
  check: Type.String({ pattern: "^[a-z0-9_.]+$", description: "Stable name of the check" }),
  result: OneOf(["ok", "warning", "error"] as const),
  subject: Type.String({ description: "What was looked at: a site, a member, a mapping" }),
  reason: Type.String(),
  remedy: Nullable(Type.String({ description: "What to do about it" })),
});
export type CheckResult = Static<typeof CheckResult>;

/**
 * How urgent a finding is: `critical` = a failover would be refused, or would lose more than was agreed; `warning` = it
 * would work, and differ from what people expect; `info` = good to know.
 */
export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One thing that the engine looks at all the time. */
export const ReadinessCheck = Type.Object({
  ...CheckResult.properties,
  severity: Nullable(OneOf(SEVERITIES, { description: "null = nothing was found wrong" })),
  since: Nullable({
    ...Timestamp,
    description: "When it was found first, and ever since; null = nothing was found wrong",
  }),
});
export type ReadinessCheck = Static<typeof ReadinessCheck>;

/** How long a recovery will take, and how good such predictions have been. */
export const DurationForecast = Type.Object({
  seconds: Type.Integer({ description: "Along the plan's longest path" }),
  basis: OneOf(["measured", "tested", "usual"] as const, {
    description:
      "measured: steps take what they took in the last operation of this kind; tested: in the test that is promoted; usual: there was none yet",
  }),
  error_percent: Nullable(
    Type.Integer({ description: "How far predictions were off, the median of the last operations; null = none yet" }),
  ),
  compared_operations: Type.Integer({ description: "Operations that `error_percent` is taken from" }),
});
export type DurationForecast = Static<typeof DurationForecast>;

/** Whether a failover would succeed now, and why not. */
export const Readiness = Type.Object({
  is_failover_ready: Nullable(Type.Boolean()),
  checked_at: Nullable(Timestamp),
  predicted_rto: Nullable({
    ...DurationForecast,
    description: "A failover from its start until every server is verified; null = not all could be looked at",
  }),
  checks: Type.Array(ReadinessCheck),
});
export type Readiness = Static<typeof Readiness>;

/** A finding with its times: those that are gone are kept for a while, so that what comes and goes can be seen. */
export const ReadinessFinding = Type.Object({
  id: Uuid,
  check: CheckResult.properties.check,
  severity: OneOf(SEVERITIES),
  subject: CheckResult.properties.subject,
  reason: Type.String({ description: "As it was found last" }),
  remedy: CheckResult.properties.remedy,
  found_at: Timestamp,
  gone_at: Nullable({ ...Timestamp, description: "null = it is still found" }),
});
export type ReadinessFinding = Static<typeof ReadinessFinding>;
