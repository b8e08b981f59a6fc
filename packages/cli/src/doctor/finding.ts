import type { CheckResult } from "@protector/contract";

/** One thing that the doctor has looked at. */
export interface Finding {
  /** Site as people call it; `workstation` for what is of no site. */
  readonly site: string;
  /** Stable name of the check. */
  readonly check: string;
  readonly result: CheckResult["result"];
  readonly reason: string;
  readonly remedy: string | null;
  /** The site gave no answer. */
  readonly isSilence?: boolean;
}

/** A finding without its site. */
export type Verdict = Omit<Finding, "site" | "check">;

export const ok = (reason: string): Verdict => ({ result: "ok", reason, remedy: null });
export const warning = (reason: string, remedy: string): Verdict => ({ result: "warning", reason, remedy });
export const error = (reason: string, remedy: string): Verdict => ({ result: "error", reason, remedy });
