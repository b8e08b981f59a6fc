import { ApiError, isOpenForCommit, isUnreachable } from "@protector/client";
import type { Operation, OperationStatus } from "@protector/contract";

/** Exit codes of the command. */
export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  refusedByState: 3,
  completedWithErrors: 4,
  timedOut: 5,
  peerUnreachable: 6,
  /** Left with Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

/** What each exit code says, for the documentation. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "done (without `--wait`: accepted), or a failover in its commit window; for `operation cancel`, `rollback` and `abandon` also when the operation ended as they ask",
  error: "error; the operation failed, was cancelled, rolled back or is paused; the plan was not confirmed",
  usage: "wrong usage: nothing has been changed",
  refusedByState:
    "refused by the present state (HTTP 409), also where only a typed `--reason` overrides it; blockers in the plan, or a plan that is no longer the one that was shown; not ready; not in sync; validation failed",
  completedWithErrors: "the operation completed with errors",
  timedOut: "not done within `--timeout`: it goes on; or no plan within it: nothing has been started",
  peerUnreachable:
    "a site does not answer. When the change had been made already, a warning says so; the next command on the group carries it to the peer.",
  interrupted: "left with Ctrl-C; an operation that was watched goes on",
};

/** The command was called wrongly; nothing was sent that changes anything. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was waited for took longer than `--timeout`. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** Exit code for an API error: no answer, refused by the present state, or any other. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof TimedOut) return EXIT.timedOut;
  if (isUnreachable(error)) return EXIT.peerUnreachable;
  if (error instanceof ApiError && error.status === 409) return EXIT.refusedByState;
  return EXIT.error;
}

/**
 * Exit code for an operation that was waited for.
 * @param wished another end than `completed` that the caller asked for.
 */
export function exitCodeOfOperation(operation: Operation, wished?: OperationStatus): number {
  const { status } = operation;
  if (status === "completed" || status === wished || isOpenForCommit(operation)) return EXIT.done;
  if (status === "completed_with_errors") return EXIT.completedWithErrors;
  return isRefused(operation) ? EXIT.refusedByState : EXIT.error;
}

/** The engine looked at the world and began nothing. */
function isRefused({ status, error, plan }: Operation): boolean {
  const hasBegun = plan !== null && plan.steps.length > 0;
  return status === "failed" && error?.status === 409 && !hasBegun;
}
