import type { OperationMoment } from "@protector/client";
import type { OperationStep } from "@protector/contract";
import { timeText } from "./duration.ts";
import { operationTitle } from "./operation-tree.ts";

/** Tells an operation's course as one line per change, for logs. */
export class OperationLines {
  readonly #seen = new Map<string, string>();
  readonly #memberName: (id: string) => string | undefined;

  constructor(memberName: (id: string) => string | undefined) {
    this.#memberName = memberName;
  }

  /** Lines for what has changed since the last moment. */
  next({ operation, steps, silence }: OperationMoment): readonly string[] {
    const lines: string[] = [];
    const now = timeText(operation.updated_at) ?? "";
    for (const step of steps)
      if (this.#isNew(step.key, `${step.status} ${step.message ?? ""}`)) lines.push(this.#line(step, now));
    const why = operation.error?.detail ?? operation.status_reason;
    if (this.#isNew("operation", `${operation.status} ${why ?? ""}`))
      lines.push(`${now} ${operationTitle(operation)} ${operation.id}: ${operation.status}${why ? `: ${why}` : ""}`);
    if (this.#isNew("silence", silence ? silence.message : "") && silence)
      lines.push(`${now} ${silence.site} does not answer: ${silence.message}`);
    return lines;
  }

  #line(step: OperationStep, fallback: string): string {
    const member = step.member_id === null ? undefined : this.#memberName(step.member_id);
    const title = member && !step.title.includes(member) ? `${step.title} (${member})` : step.title;
    const why = step.error?.detail ?? step.message;
    const at = timeText(step.finished_at ?? step.started_at) ?? fallback;
    return `${at} ${step.phase}: ${title}: ${step.status}${why ? `: ${why}` : ""}`;
  }

  #isNew(key: string, state: string): boolean {
    const before = this.#seen.get(key) ?? (key === "silence" ? "" : "pending ");
    this.#seen.set(key, state);
    return before !== state;
  }
}
