import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";

const NEVER = new Promise<never>(() => {});

/**
 * An engine's lifeline: while it is cut, nothing of the engine goes on — no call leaves, no answer arrives, no row is written
 * — exactly as when its process has been killed (for ever) or stopped (until it is continued).
 */
export class Lifeline {
  #isCut = false;
  #wake: (() => void) | undefined;
  #asleep: Promise<void> | undefined;

  readonly gate = (): Promise<void> => this.#asleep ?? (this.#isCut ? NEVER : Promise.resolve());

  kill(): void {
    this.#isCut = true;
  }

  pause(): void {
    this.#asleep ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#asleep = undefined;
    this.#wake?.();
  }
}

/** Where in an operation's journal something happens. */
export interface JournalPoint {
  /** Number of the commit, from 0. */
  readonly commit: number;
  /** `before`: the call before it is done, its outcome not written. `after`: the intent is written, its call not made. */
  readonly when: "before" | "after";
}

/** Counts the commits of an operation and does something at one of them. */
export function atJournalPoint(
  point: JournalPoint | undefined,
  act: () => void | Promise<void>,
): JournalObserver & { readonly labels: string[] } {
  const labels: string[] = [];
  return {
    labels,
    beforeCommit: async (_operationId, writes) => {
      labels.push(writes.join(" + "));
      if (point?.when === "before" && point.commit === labels.length - 1) await act();
    },
    afterCommit: async () => {
      if (point?.when === "after" && point.commit === labels.length - 1) await act();
    },
  };
}
