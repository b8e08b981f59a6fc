import Type, { type Static } from "typebox";
import { Nullable, OneOf, Timestamp } from "./common.ts";

/** One thing that was looked at. */
export const CheckResult = Type.Object({
  check: Type.String({ pattern: "^[a-z0-9_.]+$", description: "Stable name of the check" }),
  result: OneOf(["ok", "warning", "error"] as const),
  subject: Type.String({ description: "What was looked at: a site, a member, a mapping" }),
  reason: Type.String(),
  remedy: Nullable(Type.String({ description: "What to do about it" })),
});
export type CheckResult = Static<typeof CheckResult>;

/** Whether a failover would succeed now, and why not. */
export const Readiness = Type.Object({
  is_failover_ready: Nullable(Type.Boolean()),
  checked_at: Nullable(Timestamp),
  checks: Type.Array(CheckResult),
});
export type Readiness = Static<typeof Readiness>;
