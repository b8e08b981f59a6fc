import type { Transaction } from "kysely";
import type { Database } from "../../db/schema.ts";
import { failureItem, failureOf, type StepFailure } from "./failure.ts";
import type { JournaledStep } from "./operation-store.ts";
import { type RunEnvironment, stepContext } from "./step-context.ts";
import { isOwed } from "./step-graph.ts";
import { LeaseLost, type StepHandlers, Superseded } from "./step-handler.ts";

export type UndoOutcome =
  | { readonly kind: "undone" }
  /** A step could not be taken back yet; looked at again later. */
  | { readonly kind: "waiting"; readonly failure: StepFailure; readonly stepKey: string }
  /** A step could not be taken back at all. */
  | { readonly kind: "failed"; readonly failure: StepFailure; readonly stepKey: string };

export interface UndoOptions {
  readonly handlers: StepHandlers;
  readonly databaseNow: number;
  readonly leaseSignal: AbortSignal;
  /**
   * Writes down that a site owes the undoing of a step, when it does not answer; undefined: nothing is owed, the undoing
   * waits for it.
   */
  readonly owe?: (trx: Transaction<Database>, step: JournaledStep, failure: StepFailure) => Promise<void>;
}

/** Longest time that OpenStack services and arrays keep a request under way, ms: oslo's and our clients' usual limit. */
export const REQUEST_TIME_LIMIT_MS = 60_000;

/** Statuses of a step that may have had an effect. */
const MAY_HAVE_EFFECT = new Set(["completed", "running", "waiting", "failed", "undoing", "undo_failed"]);

/**
 * Takes back what an operation did: a second walk that goes forward only, over the steps that may have had an effect, each
 * after everything that came after it. Itself journaled (`undoing`, `undone`), so that another engine can continue it.
 *
 * A step whose outcome nobody knows is undone only after the services' own request time limit: a late effect must not come
 * after its undoing.
 */
export async function undoSteps(
  environment: RunEnvironment,
  steps: readonly JournaledStep[],
  options: UndoOptions,
): Promise<UndoOutcome> {
  const toUndo = new Set(steps.filter((step) => step.settings.isUndoable && mayHaveEffect(step)));
  const followers = followersOf(steps);
  const undone = new Map<string, Promise<UndoOutcome>>();
  const undo = (step: JournaledStep): Promise<UndoOutcome> => {
    const known = undone.get(step.key);
    if (known) return known;
    const running = (async () => {
      const later = await Promise.all((followers.get(step.key) ?? []).map(undo));
      const blocked = later.find((outcome) => outcome.kind !== "undone");
      if (blocked) return blocked;
      return toUndo.has(step) ? undoStep(environment, step, options, steps) : { kind: "undone" as const };
    })();
    undone.set(step.key, running);
    return running;
  };
  const outcomes = await Promise.all(steps.map(undo));
  return (
    outcomes.find((outcome) => outcome.kind === "failed") ??
    outcomes.find((outcome) => outcome.kind === "waiting") ?? { kind: "undone" }
  );
}

/** What a site owed it may have done since, as a duty. */
function mayHaveEffect(step: JournaledStep): boolean {
  return MAY_HAVE_EFFECT.has(step.status) || (step.status === "skipped" && isOwed(step));
}

async function undoStep(
  environment: RunEnvironment,
  step: JournaledStep,
  options: UndoOptions,
  steps: readonly JournaledStep[],
): Promise<UndoOutcome> {
  const { journal, clock, operation } = environment;
  const handler = options.handlers[step.action];
  if (!handler?.undo) throw new Error(`step ${step.key} is undoable, but ${step.action} has no undo`);
  const isUnknown = step.status === "running" || step.status === "waiting" || step.status === "failed";
  const unknownForMs =
    isUnknown && step.startedAt !== null ? Math.max(0, options.databaseNow - step.startedAt) : undefined;
  await journal.writeStep(step.key, { status: "undoing", error: null });
  try {
    if (unknownForMs !== undefined && unknownForMs < REQUEST_TIME_LIMIT_MS) {
      await clock.sleep(REQUEST_TIME_LIMIT_MS - unknownForMs, options.leaseSignal);
    }
    const context = stepContext(environment, {
      step,
      unknownForMs,
      signal: options.leaseSignal,
      outputOf: (key) => steps.find((other) => other.key === key)?.output,
    });
    await handler.undo(context, step.input as never, step.output as never);
    await journal.writeStep(step.key, { status: "undone", finishedAt: "now" });
    step.status = "undone";
    return { kind: "undone" };
  } catch (error) {
    if (error instanceof LeaseLost || error instanceof Superseded || options.leaseSignal.aborted) throw error;
    const failure = failureOf(error);
    const waits = failure.failureClass === "retryable" || failure.failureClass === "waiting";
    if (waits && options.owe && !environment[step.site].isOwn) {
      const { owe } = options;
      await journal.write(`duty to take back step ${step.key}`, (trx) => owe(trx, step, failure));
      await journal.writeStep(step.key, { status: "undone", finishedAt: "now", message: "owed: taken back later" });
      step.status = "undone";
      return { kind: "undone" };
    }
    await journal.writeStep(step.key, {
      status: waits ? "undoing" : "undo_failed",
      error: failureItem(failure, operation.requestId),
    });
    return { kind: waits ? "waiting" : "failed", failure, stepKey: step.key };
  }
}

function followersOf(steps: readonly JournaledStep[]): ReadonlyMap<string, readonly JournaledStep[]> {
  const followers = new Map<string, JournaledStep[]>();
  for (const step of steps) {
    for (const key of [...step.dependsOn, ...step.after]) {
      const known = followers.get(key);
      if (known) known.push(step);
      else followers.set(key, [step]);
    }
  }
  return followers;
}
