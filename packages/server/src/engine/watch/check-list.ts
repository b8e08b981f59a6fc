import type { CheckResult } from "@protector/contract";
import { failureOf } from "../runner/failure.ts";

/** What a look found; a remedy only where something is to be done. */
export type Finding =
  | { readonly result: "ok"; readonly reason: string }
  | { readonly result: "warning" | "error"; readonly reason: string; readonly remedy: string };

/** A look at one thing. */
export interface Look {
  /** Stable name. */
  readonly check: string;
  /** What to do when the look itself fails. */
  readonly remedy: string;
  look(): Promise<Finding>;
}

/** Checks of one subject, in the order in which they were made. A look that throws is an error with its text. */
export class CheckList {
  readonly checks: CheckResult[] = [];
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  /** @returns whether nothing of it is an error. */
  async make({ check, remedy, look }: Look): Promise<boolean> {
    try {
      const found = await look();
      const cure = found.result === "ok" ? null : found.remedy;
      this.checks.push({ check, result: found.result, subject: this.#subject, reason: found.reason, remedy: cure });
      return found.result !== "error";
    } catch (error) {
      const reason = failureOf(error).error.message;
      this.checks.push({ check, result: "error", subject: this.#subject, reason, remedy });
      return false;
    }
  }
}
