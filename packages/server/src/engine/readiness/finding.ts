import type { CheckResult, ReadinessCheck, Severity } from "@protector/contract";

/** What a look found, before it is known since when. */
export type Finding = Omit<ReadinessCheck, "since">;

/** What a finding says. */
export interface FindingText {
  /** Stable name. */
  readonly check: string;
  readonly subject: string;
  readonly reason: string;
  /** The command, or the act, that puts it right. */
  readonly remedy: string | null;
}

const RESULTS = { critical: "error", warning: "warning", info: "ok" } as const satisfies Record<
  Severity,
  CheckResult["result"]
>;

/** A failover would be refused, or would lose more than was agreed. */
export function critical(text: FindingText): Finding {
  return { ...text, result: RESULTS.critical, severity: "critical" };
}

/** A failover would work, and differ from what people expect. */
export function warning(text: FindingText): Finding {
  return { ...text, result: RESULTS.warning, severity: "warning" };
}

/** Good to know. */
export function info(text: FindingText): Finding {
  return { ...text, result: RESULTS.info, severity: "info" };
}

/** Nothing was found wrong. */
export function passed(check: string, subject: string, reason: string): Finding {
  return { check, result: "ok", severity: null, subject, reason, remedy: null };
}

/** A check of a plan as a readiness finding. */
export function fromPlan({ check, result, subject, reason, remedy }: CheckResult): Finding {
  const severity = result === "error" ? "critical" : result === "warning" ? "warning" : null;
  return { check, result, severity, subject, reason, remedy };
}

/** The remedies' commands as they are typed for this group: the catalogue's have `GROUP` in its place. */
export function forGroup<T extends Pick<CheckResult, "remedy">>(name: string, findings: readonly T[]): readonly T[] {
  return findings.map((one) => ({ ...one, remedy: one.remedy?.replaceAll(/\bGROUP\b/g, () => name) ?? null }));
}
