import { expectedSeconds, type MeasuredSeconds } from "../plans/expected-duration.ts";
import type { JournaledStep } from "./operation-store.ts";

/** Statuses in which a step is over. `skipped` by a duty or a lost source counts as ended, not as failed. */
const ENDED = new Set(["completed", "failed", "skipped", "undone", "undo_failed"]);

/** Output of a skipped step whose work is owed elsewhere or no longer needed: nothing that depends on it is skipped for it. */
export const OWED = { owed: true } as const;

/** Whether a skipped step is owed to its site. */
export function isOwed(step: Pick<JournaledStep, "output">): boolean {
  return (step.output as { owed?: boolean } | undefined)?.owed === true;
}

/** What a step that a person has left out has for an output. */
export interface LeftOut {
  readonly leftOut: true;
  /** As it was typed. */
  readonly reason: string;
}

/** Whether a person has left a step out: what depends on it goes on without it. */
export function isLeftOut(step: Pick<JournaledStep, "output">): boolean {
  return (step.output as Partial<LeftOut> | undefined)?.leftOut === true;
}

/**
 * The plan's graph with what is known of each step. Answers which steps can start, in time proportional to what changed:
 * each step counts how many of its predecessors have not ended, or have one before them that has not.
 */
export class StepGraph {
  readonly steps: readonly JournaledStep[];
  readonly #byKey: ReadonlyMap<string, JournaledStep>;
  readonly #followers = new Map<string, JournaledStep[]>();
  readonly #open = new Map<string, number>();
  readonly #measured: MeasuredSeconds;

  constructor(steps: readonly JournaledStep[], measured: MeasuredSeconds) {
    this.steps = steps;
    this.#measured = measured;
    this.#byKey = new Map(steps.map((step) => [step.key, step]));
    for (const step of steps) {
      for (const key of beforeOf(step)) {
        const followers = this.#followers.get(key);
        if (followers) followers.push(step);
        else this.#followers.set(key, [step]);
      }
    }
    this.recount();
  }

  get(key: string): JournaledStep | undefined {
    return this.#byKey.get(key);
  }

  /** After statuses were changed from outside. */
  recount(): void {
    const settled = new Map<string, boolean>();
    for (const step of this.steps) {
      const open = beforeOf(step).filter((key) => !this.#isSettled(key, settled));
      this.#open.set(step.key, open.length);
    }
  }

  /** Pending steps that can start, or that never will. */
  startable(): readonly JournaledStep[] {
    return this.steps.filter((step) => step.status === "pending" && this.#open.get(step.key) === 0);
  }

  /**
   * Tells the graph that a step has ended; answers the steps behind it that have nothing left to wait for. What comes after a
   * step that had ended before, and that an earlier one holds up which is run again, waits for that one.
   */
  ended(step: JournaledStep): readonly JournaledStep[] {
    const freed: JournaledStep[] = [];
    // One that ran while an earlier one was put back is behind that now.
    const settled = this.#open.get(step.key) === 0 ? [step] : [];
    for (let next = settled.pop(); next; next = settled.pop()) {
      for (const follower of this.#followers.get(next.key) ?? []) {
        const open = (this.#open.get(follower.key) ?? 0) - 1;
        this.#open.set(follower.key, open);
        if (open !== 0) continue;
        if (follower.status === "pending") freed.push(follower);
        else if (ENDED.has(follower.status)) settled.push(follower);
      }
    }
    return freed;
  }

  /** Whether a step that has nothing left to wait for may run: one whose need failed never will. */
  isDoomed(step: JournaledStep): boolean {
    return step.dependsOn.some((key) => {
      const need = this.#byKey.get(key);
      return (
        need !== undefined &&
        (need.status === "failed" || (need.status === "skipped" && !isOwed(need) && !isLeftOut(need)))
      );
    });
  }

  /** 0 to 1 by weight. */
  progress(): number {
    let total = 0;
    let done = 0;
    for (const step of this.steps) {
      total += step.settings.weight;
      if (ENDED.has(step.status)) done += step.settings.weight;
    }
    return total === 0 ? 1 : done / total;
  }

  /** Expected s along the longest path of the steps that have not ended. */
  remainingSeconds(): number {
    const left = this.steps.filter((step) => !ENDED.has(step.status));
    return expectedSeconds(left, this.#measured);
  }

  /** Whether a step has ended, and everything before it. */
  #isSettled(key: string, known: Map<string, boolean>): boolean {
    const found = known.get(key);
    if (found !== undefined) return found;
    const step = this.#byKey.get(key);
    const isSettled =
      step === undefined || (ENDED.has(step.status) && beforeOf(step).every((each) => this.#isSettled(each, known)));
    known.set(key, isSettled);
    return isSettled;
  }
}

function beforeOf({ dependsOn, after }: Pick<JournaledStep, "dependsOn" | "after">): readonly string[] {
  return [...dependsOn, ...after];
}
