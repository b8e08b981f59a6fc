/** Every state that a resource can be in, as data: server, client and documentation read the same lists. */

/**
 * Where a protection group's servers are, or what moves them. `active` = they run at home. `failed_over_partial` = a move has
 * ended and a server of it is not up; whatever else a move has left undone its operation tells alone.
 */
export const PROTECTION_GROUP_STATUSES = [
  "creating",
  "active",
  "failing_over",
  "failed_over",
  "failed_over_partial",
  "failing_back",
  "reprotecting",
  "deleting",
  "error",
] as const;
export type ProtectionGroupStatus = (typeof PROTECTION_GROUP_STATUSES)[number];

/**
 * How a group's data gets to the other site, fixed for its life. `async`: recovery points are sent to the other array.
 * `sync`: its volumes are in a pod that is stretched over both arrays, and every write is on both before it is acknowledged.
 */
export const REPLICATION_TYPES = ["async", "sync"] as const;
export type ReplicationType = (typeof REPLICATION_TYPES)[number];

/** Whether a recovery from the other site is possible now. */
export const PROTECTIONS = ["protected", "seeding", "unprotected", "paused"] as const;
export type Protection = (typeof PROTECTIONS)[number];

export const MEMBER_STATUSES = [
  "adding",
  "protected",
  "unprotected",
  "failed_over",
  "recovering",
  "removing",
  "error",
] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** How the two sites' descriptions of a group compare. */
export const SYNC_STATUSES = ["IN SYNC", "OUT OF SYNC", "UNREACHABLE", "CONFLICT"] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

export const OPERATION_TYPES = [
  "failover",
  "failback",
  "reprotect",
  "test_failover",
  "test_cleanup",
  "sync",
  "reclaim",
  "site_failover",
  "move_home",
  "replace_peer",
  "group_create",
  "group_delete",
  "policy_delete",
  "member_add",
  "member_remove",
  "snapshot_delete",
  "member_update",
] as const;
export type OperationType = (typeof OPERATION_TYPES)[number];

/** What can be asked of many groups at once, beside a planned and an unplanned failover. */
export const PLAN_VERBS = ["failback", "reprotect", "test_failover", "test_cleanup"] as const;

/** Kinds of an operation of one type. `failover` knows the first two; `site_failover` all. */
export const OPERATION_MODES = ["planned", "unplanned", ...PLAN_VERBS] as const;
export type OperationMode = (typeof OPERATION_MODES)[number];

export const OPERATION_STATUSES = [
  "pending",
  "running",
  "waiting",
  "paused",
  "cancelling",
  "rolling_back",
  "completed",
  "completed_with_errors",
  "rolled_back",
  "cancelled",
  "superseded",
  "failed",
] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** Statuses from which nothing leads back. */
export const CLOSED_OPERATION_STATUSES = [
  "completed",
  "completed_with_errors",
  "rolled_back",
  "cancelled",
  "superseded",
] as const satisfies readonly OperationStatus[];

/** Statuses in which an operation waits for nothing and nobody works on it. A `failed` one can still be resumed. */
export const ENDED_OPERATION_STATUSES = [
  ...CLOSED_OPERATION_STATUSES,
  "failed",
] as const satisfies readonly OperationStatus[];

export const STEP_STATUSES = [
  "pending",
  "running",
  "waiting",
  "completed",
  "failed",
  "skipped",
  "undoing",
  "undone",
  "undo_failed",
] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/** What a person can ask of an operation. */
export const OPERATION_VERBS = ["cancel", "resume", "retry", "skip", "rollback", "commit", "abandon"] as const;
export type OperationVerb = (typeof OPERATION_VERBS)[number];

/**
 * From which statuses each verb may be used. Every status but those that nothing leads back from has one.
 *
 * | verb | effect |
 * |---|---|
 * | cancel | before the point of no return: undo everything; after it: stop at the next safe boundary |
 * | resume | go on where it stopped; also `as: unplanned` when the source was lost |
 * | retry | run again only what failed, and what waits for it |
 * | skip | leave a failed step or member out, or the failed undoing of a step, deliberately, and go on, or back |
 * | rollback | undo everything done so far; refused after the point of no return |
 * | commit | end the commit window: nothing leads back any more |
 * | abandon | stop working on it; what it made becomes duties, listed with their reasons |
 */
export const VERB_ALLOWED_IN: Readonly<Record<OperationVerb, readonly OperationStatus[]>> = {
  cancel: ["pending", "running", "waiting", "paused"],
  resume: ["waiting", "paused", "failed"],
  retry: ["failed", "completed_with_errors"],
  skip: ["waiting", "paused", "failed", "completed_with_errors"],
  rollback: ["waiting", "paused", "failed"],
  commit: ["waiting", "paused"],
  abandon: ["pending", "running", "waiting", "paused", "cancelling", "rolling_back", "failed"],
};

/** How long a test may stand, in s. */
export const TEST_TIME_LIMIT = { least: 300, usual: 86_400, most: 604_800 } as const;

/** `phase` of a failover whose servers run and that can still be taken back. */
export const COMMIT_PHASE = "commit";

/** As much of an operation as says what can be asked of it. */
export interface VerbSubject {
  readonly type: OperationType;
  readonly status: OperationStatus;
  readonly phase: string | null;
  readonly isPastNoReturn: boolean;
  /** Whether it only makes a plan. */
  readonly isDryRun: boolean;
}

/** Whether a failover stands in its commit window. */
export function isInCommitWindow({ status, phase }: Pick<VerbSubject, "status" | "phase">): boolean {
  return phase === COMMIT_PHASE && VERB_ALLOWED_IN.commit.includes(status);
}

/** What can be asked of an operation in its state. */
export function verbsFor(operation: VerbSubject): readonly OperationVerb[] {
  const { type, status, phase, isPastNoReturn, isDryRun } = operation;
  const isOpen = isInCommitWindow(operation);
  return OPERATION_VERBS.filter((verb) => {
    // One that only plans has changed nothing: it is given up, or made anew.
    if (isDryRun && (status === "failed" || (verb !== "cancel" && verb !== "abandon"))) return false;
    if (verb === "rollback" && isPastNoReturn) return false;
    if (verb === "commit" && !isOpen) return false;
    // Of many groups' one what has failed is left out in the group's own operation.
    if (verb === "skip" && type === "site_failover") return false;
    if ((verb === "retry" || verb === "skip") && isTestBeingCleaned(phase)) return false;
    return VERB_ALLOWED_IN[verb].includes(status);
  });
}

/** `phase` of a test failover that has ended: its servers stand, are being deleted, or are seen to be gone. */
export const TEST_PHASES = { standing: "standing", cleaning: "cleaning", cleaned: "cleaned" } as const;

/** Phases of a test from the order of its clean-up on: nothing of it is tried again. */
export const TEST_CLEANUP_PHASES = [TEST_PHASES.cleaning, TEST_PHASES.cleaned] as const;

/** Whether a test failover in this phase is being cleaned up, or has been. */
export function isTestBeingCleaned(phase: string | null): boolean {
  return TEST_CLEANUP_PHASES.some((each) => each === phase);
}

/** Whether something of a test failover in this phase still stands. */
export function isTestStanding(phase: string | null): boolean {
  return phase === TEST_PHASES.standing || phase === TEST_PHASES.cleaning;
}
