import { OPERATION_STATUSES, verbsFor } from "@protector/contract";
import { expect, it } from "vitest";
import { isAtRest, isEnded } from "./operations.ts";

it("does not wait for more of a run that only plans once it has ended, though nothing can be asked of it", () => {
  const atRest = OPERATION_STATUSES.filter((status) => {
    const verbs = verbsFor({ type: "failover", status, phase: null, isPastNoReturn: false, isDryRun: true });
    return isAtRest({ status, verbs: [...verbs], is_dry_run: true });
  });
  const ended = OPERATION_STATUSES.filter((status) => isEnded({ status }) && status !== "completed_with_errors");
  expect(atRest.toSorted()).toEqual(["paused", ...ended].toSorted());
});
