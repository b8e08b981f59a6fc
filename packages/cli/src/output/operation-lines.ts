import { isEnded, type OperationMoment } from "@protector/client";
import type { Operation, OperationStep } from "@protector/contract";
import type { Clock } from "@protector/ports";
import { durationText, timeText } from "./duration.ts";
import { runTitle, whyText } from "./operation-tree.ts";

export interface OperationLinesOptions {
  /** Name of the member of an id. */
  readonly memberName: (id: string) => string | undefined;
  readonly clock: Pick<Clock, "now">;
}

/** An operation that waits is told again after so many ms without a line: a log that is silent looks like one that hangs. */
const REMIND_MS = 60_000;

/** Tells an operation's course as one line per change, for logs, and once a minute what it waits for. */
export class OperationLines {
  readonly #seen = new Map<string, string>();
  readonly #messages = new Map<string, string>();
  readonly #options: OperationLinesOptions;
  #wait: { readonly why: string | undefined; readonly since: number } | undefined;
  #toldAt = 0;

  constructor(options: OperationLinesOptions) {
    this.#options = options;
  }

  /** Lines for what has changed since the last moment, and the reminder of what is waited for when it is due. */
  next(moment: OperationMoment): readonly string[] {
    const now = this.#options.clock.now();
    const changes = this.#changes(moment);
    // A look at what is waited for makes it run for a moment; the wait for the same thing goes on.
    const why = whyText(moment.operation);
    const isWaiting = moment.operation.status === "waiting";
    if (isWaiting && this.#wait?.why !== why) this.#wait = { why, since: now };
    const isDue = isWaiting && now - this.#toldAt >= REMIND_MS;
    const lines = isDue && changes.length === 0 ? [this.#reminder(moment.operation)] : changes;
    if (lines.length > 0) this.#toldAt = now;
    return lines;
  }

  #reminder(operation: Operation): string {
    const { why = "no reason is given", since = 0 } = this.#wait ?? {};
    const waited = durationText((this.#options.clock.now() - since) / 1000);
    return `${this.#now()} ${runTitle(operation)} ${operation.id}: still waiting after ${waited}: ${why}`;
  }

  #changes({ operation, steps, silence }: OperationMoment): readonly string[] {
    const lines: string[] = [];
    const head = this.#headLine(operation);
    if (head && !isEnded(operation)) lines.push(head);
    for (const step of steps) {
      const wasRunning = this.#seen.get(step.key)?.startsWith("running ") ?? false;
      if (this.#isNew(step.key, `${step.status} ${step.message ?? ""}`)) lines.push(this.#line(step, wasRunning));
    }
    if (head && isEnded(operation)) lines.push(head);
    if (this.#isNew("silence", silence ? silence.message : "") && silence)
      lines.push(`${this.#now()} ${silence.site} does not answer: ${silence.message}`);
    return lines;
  }

  /** State and reason of the operation, when they are new: before what begins with them, after what led to its end. */
  #headLine(operation: Operation): string | undefined {
    const why = whyText(operation);
    if (!this.#isNew("operation", `${operation.status} ${why ?? ""}`)) return undefined;
    const at = timeText(operation.finished_at) ?? this.#now();
    return `${at} ${runTitle(operation)} ${operation.id}: ${operation.status}${why ? `: ${why}` : ""}`;
  }

  #line(step: OperationStep, wasRunning: boolean): string {
    const member = step.member_id === null ? undefined : this.#options.memberName(step.member_id);
    const title = member && !step.title.includes(member) ? `${step.title} (${member})` : step.title;
    const why = step.error?.detail ?? this.#news(step);
    // A step that goes on tells its progress now; one seen for the first time began when it says.
    const began = wasRunning ? null : step.started_at;
    const at = timeText(step.finished_at ?? began) ?? this.#now();
    return `${at} ${step.phase}: ${title}: ${step.status}${why ? `: ${why}` : ""}`;
  }

  /** A step's message, unless it is the last word on its progress, which says nothing about its end. */
  #news({ key, status, message }: OperationStep): string | null {
    const before = this.#messages.get(key);
    if (message !== null) this.#messages.set(key, message);
    return status === "completed" && (before === message || /^\d+ % /.test(message ?? "")) ? null : message;
  }

  #now(): string {
    return timeText(new Date(this.#options.clock.now()).toISOString()) ?? "";
  }

  #isNew(key: string, state: string): boolean {
    const before = this.#seen.get(key) ?? (key === "silence" ? "" : "pending ");
    this.#seen.set(key, state);
    return before !== state;
  }
}
