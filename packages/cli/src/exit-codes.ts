import { ApiError, isUnreachable } from "@protector/client";
import type { OperationStatus } from "@protector/contract";

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
export function exitCodeOfStatus(status: OperationStatus, wished?: OperationStatus): number {
  if (status === "completed" || status === wished) return EXIT.done;
  return status === "completed_with_errors" ? EXIT.completedWithErrors : EXIT.error;
}
