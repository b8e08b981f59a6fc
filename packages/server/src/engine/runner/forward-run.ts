import type { ErrorItem } from "@protector/contract";
import { withJitter } from "@protector/ports";
import type { Transaction } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { MeasuredSeconds } from "../plans/expected-duration.ts";
import { atPlace } from "../world/call-order.ts";
import { failureItem, failureOf, type StepFailure } from "./failure.ts";
import type { JournaledStep } from "./operation-store.ts";
import { type RunEnvironment, stepContext } from "./step-context.ts";
import { isLeftOut, OWED, StepGraph } from "./step-graph.ts";
import { LeaseLost, RedoSteps, type StepHandlers, Superseded } from "./step-handler.ts";

/** How a forward run ended. */
export type ForwardOutcome =
  | { readonly kind: "completed" }
  /** Some members failed; everything that could be done is done. */
  | { readonly kind: "completed_with_errors" }
  /** Something outside has to change; looked at again later. */
  | { readonly kind: "waiting"; readonly failure: StepFailure; readonly stepKey: string }
  /** A step failed for good; what was running has ended. */
  | { readonly kind: "failed"; readonly failure: StepFailure; readonly stepKey: string }
  /** A person asked for something; nothing runs any more. */
  | { readonly kind: "interrupted" };

export interface ForwardOptions {
  readonly handlers: StepHandlers;
  /** ms on the database's clock when this engine took over: ages of unknown outcomes are counted from it. */
  readonly databaseNow: number;
  /** Aborts when the lease is lost. */
  readonly leaseSignal: AbortSignal;
  /** What steps took before, for the expected remainder. */
  readonly measured: MeasuredSeconds;
  /** Tries of a step with passing trouble before the operation waits. */
  readonly triesPerLook: number;
  /** Told when a try of a step begins, and when it ends: `error` says why when it did not succeed. */
  readonly onStep: (
    step: JournaledStep,
    change: { readonly durationMs?: number; readonly error: string | null },
  ) => void;
  /** Right before a step's intent is written. False: a person asked for something, nothing more begins. May throw. */
  beforeStep(step: JournaledStep): Promise<boolean>;
  /** Writes down what a site owes, in the transaction that skips the step. */
  owe(trx: Transaction<Database>, step: JournaledStep, failure: StepFailure): Promise<void>;
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

/**
 * Runs a plan's steps forward, as many at once as the graph allows.
 *
 * | a step's failure | what follows |
 * |---|---|
 * | passing (`retryable`) | tried again with growing, jittered pauses; then the step is `waiting` |
 * | `waiting` | the step is `waiting`; others go on; the operation waits when nothing else can run |
 * | for good, `onFailure: stop` | nothing new starts; the operation fails when what runs has ended |
 * | for good, `onFailure: member` | what needs the step is skipped; others go on |
 * | for good, `onFailure: duty` | owed to that site; everything goes on |
 *
 * A step found `running` was interrupted by its engine's death: it runs again, and knows how long ago the lost try began.
 */
export class ForwardRun {
  readonly #environment: RunEnvironment;
  readonly #options: ForwardOptions;
  readonly #graph: StepGraph;
  readonly #stop = new AbortController();
  readonly #unknownSince = new Map<string, number>();
  #running = 0;
  #halt: ForwardOutcome | undefined;
  #waiting: ForwardOutcome | undefined;
  #fatal: unknown;
  #wake: () => void = () => {};

  constructor(environment: RunEnvironment, steps: readonly JournaledStep[], options: ForwardOptions) {
    this.#environment = environment;
    this.#options = options;
    const now = environment.clock.now();
    for (const step of steps) {
      if (step.status === "running" && step.startedAt !== null) {
        this.#unknownSince.set(step.key, now - Math.max(0, options.databaseNow - step.startedAt));
      }
      if (step.status === "running" || step.status === "waiting") step.status = "pending";
    }
    this.#graph = new StepGraph(steps, options.measured);
  }

  /** 0 to 1. */
  get progress(): number {
    return this.#graph.progress();
  }

  /** s along the longest path of what has not ended. */
  get remainingSeconds(): number {
    return this.#graph.remainingSeconds();
  }

  /** Starts nothing more; waits end at once, calls under way are let finish. */
  interrupt(): void {
    this.#halt ??= { kind: "interrupted" };
    this.#stop.abort(new Interrupted());
    this.#wake();
  }

  /**
   * Until nothing can run any more.
   * @throws LeaseLost, Superseded, or the database's error.
   */
  async run(): Promise<ForwardOutcome> {
    this.#start(this.#graph.startable());
    while (this.#running > 0 && this.#fatal === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#fatal !== undefined) throw this.#fatal;
    if (this.#halt) return this.#halt;
    if (this.#waiting) return this.#waiting;
    const failed = this.#graph.steps.some((step) => step.status === "failed");
    return { kind: failed ? "completed_with_errors" : "completed" };
  }

  #start(steps: readonly JournaledStep[]): void {
    for (const step of steps) {
      if (this.#halt || this.#fatal !== undefined) return;
      if (step.status !== "pending") continue;
      this.#running += 1;
      this.#carryOut(step).then(
        () => this.#done(),
        (error) => {
          this.#fatal ??= error;
          this.#stop.abort(error);
          this.#done();
        },
      );
    }
  }

  #done(): void {
    this.#running -= 1;
    this.#wake();
  }

  async #carryOut(step: JournaledStep): Promise<void> {
    if (this.#graph.isDoomed(step)) {
      await this.#end(step, "skipped", { message: "what it needs has failed" });
      return;
    }
    for (let tries = 1; ; tries += 1) {
      const failure = await this.#try(step);
      if (failure === undefined) return;
      if (failure.failureClass === "retryable" && tries < this.#options.triesPerLook) {
        await this.#pause(tries);
        continue;
      }
      await this.#giveUp(step, failure);
      return;
    }
  }

  /** One try; undefined when the step has ended, one way or another. */
  async #try(step: JournaledStep): Promise<StepFailure | undefined> {
    const { journal, clock } = this.#environment;
    const refused = await this.#mayBegin(step);
    if (refused) return refused;
    if (this.#halt) return undefined;
    step.attempt += 1;
    step.status = "running";
    await journal.writeStep(step.key, {
      status: "running",
      attempt: step.attempt,
      startedAt: "now",
      error: null,
      message: null,
    });
    const began = clock.now();
    this.#options.onStep(step, { error: null });
    const since = this.#unknownSince.get(step.key);
    const signal = AbortSignal.any([this.#options.leaseSignal, this.#stop.signal]);
    try {
      const handler = this.#options.handlers[step.action];
      if (!handler) throw new Error(`no handler for ${step.action}`);
      const context = stepContext(this.#environment, {
        step,
        signal,
        unknownForMs: since === undefined ? undefined : began - since,
        outputOf: (key) => outputFrom(this.#graph.get(key)),
      });
      const output = await atPlace(step.sequence, () => handler.run(context, step.input as never));
      await this.#end(step, "completed", { output: output ?? {} });
      this.#options.onStep(step, { durationMs: clock.now() - began, error: null });
      return undefined;
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof Superseded || this.#options.leaseSignal.aborted) throw error;
      if (error instanceof Interrupted || (this.#stop.signal.aborted && error === this.#stop.signal.reason))
        return undefined;
      if (error instanceof RedoSteps) {
        await this.#redo(step, error);
        return undefined;
      }
      const failure = failureOf(error);
      if (failure.effect === "unknown" && since === undefined) this.#unknownSince.set(step.key, began);
      this.#options.onStep(step, { durationMs: clock.now() - began, error: failure.error.message });
      return failure;
    }
  }

  /** What keeps a step from beginning; undefined when nothing does. */
  async #mayBegin(step: JournaledStep): Promise<StepFailure | undefined> {
    try {
      if (!(await this.#options.beforeStep(step))) this.interrupt();
      return undefined;
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof Superseded || this.#options.leaseSignal.aborted) throw error;
      return { ...failureOf(error), effect: "none" };
    }
  }

  async #giveUp(step: JournaledStep, failure: StepFailure): Promise<void> {
    const { journal, operation } = this.#environment;
    const item = failureItem(failure, operation.requestId);
    const { onFailure } = step.settings;
    if (onFailure === "duty") {
      await journal.write(`duty for step ${step.key}`, (trx) => this.#options.owe(trx, step, failure));
      await this.#end(step, "skipped", {
        output: OWED,
        error: item,
        message: "owed: done when the site answers again",
      });
      return;
    }
    if (failure.failureClass === "retryable" || failure.failureClass === "waiting") {
      step.status = "waiting";
      await journal.writeStep(step.key, { status: "waiting", error: item });
      this.#waiting ??= { kind: "waiting", failure, stepKey: step.key };
      return;
    }
    if (onFailure === "stop") {
      this.#halt ??= { kind: "failed", failure, stepKey: step.key };
      this.#stop.abort(new Interrupted());
      step.status = "failed";
      await journal.writeStep(step.key, { status: "failed", error: item, finishedAt: "now" });
      return;
    }
    await this.#end(step, "failed", { error: item });
  }

  async #end(
    step: JournaledStep,
    status: "completed" | "failed" | "skipped",
    write: { output?: unknown; error?: ErrorItem; message?: string },
  ): Promise<void> {
    await this.#environment.journal.writeStep(step.key, { status, finishedAt: "now", progress: null, ...write });
    step.status = status;
    step.output = write.output;
    this.#start(this.#graph.ended(step));
  }

  /** Puts steps back to pending, with their rounds counted in their inputs, and starts over from them. */
  async #redo(step: JournaledStep, redo: RedoSteps): Promise<void> {
    const { journal } = this.#environment;
    const again = [step, ...redo.keys.map((key) => this.#graph.get(key)).filter((found) => found !== undefined)];
    await Promise.all(
      again.map((each) => {
        const input = { ...(each.input as object), round: roundOf(each.input) + 1 };
        each.status = "pending";
        each.input = input;
        each.output = undefined;
        return journal.writeStep(each.key, { status: "pending", input, finishedAt: null, message: redo.message });
      }),
    );
    this.#graph.recount();
    this.#start(this.#graph.startable());
  }

  async #pause(tries: number): Promise<void> {
    const { clock, random } = this.#environment;
    const ms = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS);
    const signal = AbortSignal.any([this.#options.leaseSignal, this.#stop.signal]);
    await clock.sleep(withJitter(ms, random), signal).catch((error) => {
      if (error instanceof LeaseLost) throw error;
    });
  }
}

/** A step that was left out has given nothing. */
function outputFrom(step: JournaledStep | undefined): unknown {
  return step && isLeftOut(step) ? undefined : step?.output;
}

/** How often a step was put back, from its input; 0 for the first round. */
export function roundOf(input: unknown): number {
  return (input as { round?: number }).round ?? 0;
}

class Interrupted extends Error {
  override readonly name = "Interrupted";
}
