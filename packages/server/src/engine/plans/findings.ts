import { type CheckResult, ERROR_CATALOGUE, type ErrorCode } from "@protector/contract";

/** A blocker with the catalogue's remedy. */
export function finding(code: ErrorCode, subject: string, reason: string): CheckResult {
  return { check: code, result: "error", subject, reason, remedy: ERROR_CATALOGUE[code].help };
}

export function distinct(checks: readonly CheckResult[]): readonly CheckResult[] {
  return [...new Map(checks.map((check) => [`${check.check} ${check.subject} ${check.reason}`, check])).values()];
}
