import { type ErrorItem, ProtectorError, type StepStatus, toErrorItem } from "@protector/contract";
import { readOptionalJson } from "../../db/codecs.ts";
import type { OperationSummary } from "../../db/repositories/operations.ts";
import { isAtWork } from "./children.ts";
import type { GroupStep } from "./group-step.ts";

/** What a group's operation means for its step. */
export interface StepCourse {
  readonly status: StepStatus;
  readonly message: string | null;
  readonly error: ErrorItem | null;
  /** It completed, but not for every member. */
  readonly isPartial: boolean;
}

/** Reads a step's course off its operation; undefined: the operation is gone. Pure. */
export function courseFrom(
  { verb, testKey }: Pick<GroupStep, "verb" | "testKey">,
  child: OperationSummary | undefined,
): StepCourse {
  if (!child) return failed("its operation is not there any more", null);
  const { status, status_reason: reason } = child;
  if (isAtWork(child)) {
    const isWaiting = status === "waiting";
    return {
      status: isWaiting ? "waiting" : "running",
      message: isWaiting ? reason : null,
      error: null,
      isPartial: false,
    };
  }
  if (status === "completed") return { status: "completed", message: null, error: null, isPartial: false };
  if (status === "completed_with_errors") {
    return { status: "completed", message: reason, error: readOptionalJson(child.error), isPartial: true };
  }
  // What a test that never stood has made is taken back instead of cleaned up.
  const isTakenBack = status === "rolled_back" || status === "cancelled";
  if (verb === "test_cleanup" && testKey !== undefined && isTakenBack) {
    return { status: "completed", message: reason, error: null, isPartial: false };
  }
  const why = status === "failed" && reason !== null ? reason : `${status}${reason === null ? "" : `: ${reason}`}`;
  return failed(why, readOptionalJson(child.error));
}

function failed(message: string, error: ErrorItem | null): StepCourse {
  const item = error ?? toErrorItem(new ProtectorError("site_failover.group_failed", message), undefined);
  return { status: "failed", message, error: item, isPartial: false };
}
