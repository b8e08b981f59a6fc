import type { Clock, Random } from "@protector/ports";
import type { SiteAccess } from "../world/site-access.ts";
import type { Journal } from "./journal.ts";
import { Ledger, type LedgerWriter } from "./ledger.ts";
import type { JournaledStep } from "./operation-store.ts";
import { type OperationFacts, type Outbound, type StepContext, StepTimeout } from "./step-handler.ts";

/** What all steps of one run share. */
export interface RunEnvironment {
  readonly operation: OperationFacts;
  readonly source: SiteAccess;
  readonly target: SiteAccess;
  readonly journal: Journal;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a single step needs of that: its notes can go elsewhere than under the operation's lease. */
export type StepEnvironment = Omit<RunEnvironment, "journal"> & {
  readonly journal: LedgerWriter & Pick<Journal, "writeStep">;
};

/** Everything that differs from step to step and from try to try. */
export interface StepTry {
  readonly step: JournaledStep;
  readonly unknownForMs: number | undefined;
  readonly signal: AbortSignal;
  outputOf(key: string): unknown;
}

/** ms between two looks at something that was just begun, and at something that takes long. */
const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 2_000;
/** Share of the time waited so far that a look may come late. */
const POLL_SHARE = 1 / 32;

/** ms between two progress notes of one step in the journal. */
const REPORT_EVERY_MS = 5_000;

/** The context that one try of a step is given. */
export function stepContext(environment: StepEnvironment, attempt: StepTry): StepContext {
  const { clock, journal } = environment;
  const { step, signal } = attempt;
  const startedAt = clock.now();
  let reportedAt = Number.NEGATIVE_INFINITY;
  return {
    operation: environment.operation,
    stepKey: step.key,
    memberId: step.memberId,
    attempt: step.attempt,
    unknownForMs: attempt.unknownForMs,
    source: environment.source,
    target: environment.target,
    here: environment[step.site],
    ledger: new Ledger(journal, step.key),
    outbound: environment.outbound,
    clock,
    random: environment.random,
    signal,
    output: <T>(key: string) => {
      const output = attempt.outputOf(key);
      if (output === undefined) throw new Error(`step ${step.key} reads the output of ${key}, which has none`);
      return output as T;
    },
    outputIfAny: <T>(key: string) => attempt.outputOf(key) as T | undefined,
    report: (progress, message) => {
      if (clock.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = clock.now();
      journal.writeStep(step.key, { status: step.status, progress, message }).catch(() => {});
    },
    until: async (waitingFor, look, longestPollMs = LONGEST_POLL_MS) => {
      const beganAt = clock.now();
      for (;;) {
        signal.throwIfAborted();
        const found = await look();
        if (found !== undefined) return found;
        const waitedMs = clock.now() - startedAt;
        const growingMs = Math.max(FIRST_POLL_MS, (clock.now() - beganAt) * POLL_SHARE);
        const everyMs = Math.min(longestPollMs, growingMs);
        if (waitedMs + everyMs > step.settings.timeoutMs) {
          throw new StepTimeout(`${step.title}: waited ${Math.round(waitedMs / 1000)} s for ${waitingFor}`);
        }
        await clock.sleep(everyMs, signal);
      }
    },
  };
}
