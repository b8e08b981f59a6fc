import type { CheckResult } from "@protector/contract";

/** Where a step acts: the site that the servers leave, or the one they arrive at. */
export type Side = "source" | "target";

/**
 * - `observe` changes nothing.
 * - `ensure` finds ours, adopts or creates it, and reads it back: safe to repeat.
 * - `fire` is not repeatable blindly: guarded by the state it changes, the lease and the marker.
 */
export type StepKind = "observe" | "ensure" | "fire";

/**
 * What a step's final failure means.
 *
 * | value | effect |
 * |---|---|
 * | `stop` | nothing more is started; the operation fails and can be resumed or rolled back |
 * | `member` | only what depends on it is skipped; other members go on |
 * | `duty` | recorded as owed to that site; everything goes on |
 */
export type OnFailure = "stop" | "member" | "duty";

/** One step of a plan, frozen before the operation starts. */
export interface PlannedStep {
  /** Unique in its plan, stable between plans of the same group: `server.<member id>`. */
  readonly key: string;
  readonly kind: StepKind;
  /** Name of the handler that runs it. */
  readonly action: string;
  /** A sentence for people, beginning with a verb: "Stop web-1". */
  readonly title: string;
  readonly phase: string;
  readonly site: Side;
  readonly memberId: string | null;
  /** Steps that must have succeeded. When one failed or was skipped, this one is skipped. */
  readonly dependsOn: readonly string[];
  /** Steps that must have ended, however they ended: order without need. */
  readonly after: readonly string[];
  /** JSON value that the handler reads. */
  readonly input: unknown;
  readonly settings: StepSettings;
}

export interface StepSettings {
  /** Longest time that the step may take, waiting included, in ms. */
  readonly timeoutMs: number;
  /** Share of the operation's progress. */
  readonly weight: number;
  readonly onFailure: OnFailure;
  /** From this step on the target holds writes that the source has not: no rollback after it has begun. */
  readonly isPointOfNoReturn: boolean;
  /** Effects of the step can be taken back by its handler's `undo`. */
  readonly isUndoable: boolean;
}

/** Everything that an operation is going to do, and why it may not. */
export interface OperationPlan {
  readonly steps: readonly PlannedStep[];
  readonly blockers: readonly CheckResult[];
  readonly warnings: readonly CheckResult[];
  readonly expectedDataLossSeconds: number | null;
  readonly recoveryPoint: string | null;
}

const MINUTE = 60_000;

/** Settings with the usual values: 10 minutes, weight 1, failure stops, no undo. */
export function stepSettings(settings: Partial<StepSettings> = {}): StepSettings {
  return {
    timeoutMs: 10 * MINUTE,
    weight: 1,
    onFailure: "stop",
    isPointOfNoReturn: false,
    isUndoable: false,
    ...settings,
  };
}
