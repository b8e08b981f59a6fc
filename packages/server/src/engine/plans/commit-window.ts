import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { CommitWindowInput, OpenWindowInput } from "../steps/commit-window.ts";
import { COMMIT_STEP, COMMITTED_STEP } from "../steps/commit-window.ts";
import { barrier, step } from "./planned-step.ts";

/** How long a failover can still be taken back after its servers run, and what follows when nobody has said anything. */
export interface CommitWindow {
  /** s from the moment that all servers were seen. */
  readonly seconds: number;
  readonly atEnd: "commit" | "rollback";
}

/** The window of a failover's parameters; undefined when it was started without one. */
export function commitWindowOf(parameters: unknown): CommitWindow | undefined {
  const { commit_window: seconds, at_window_end: atEnd = "commit" } = parameters as {
    readonly commit_window?: number;
    readonly at_window_end?: CommitWindow["atEnd"];
  };
  return seconds === undefined ? undefined : { seconds, atEnd };
}

/**
 * Puts the commit window between the servers and everything that makes the way back longer: until it is over the source is
 * as it was left, stopped and locked, and nothing is given back. The commit is its point of no return, not the first server
 * that starts. Pure.
 */
export function withCommitWindow(
  plan: OperationPlan,
  window: CommitWindow | undefined,
  siteName: string,
): OperationPlan {
  if (!window) return plan;
  const opened: OpenWindowInput = { seconds: window.seconds };
  const input: CommitWindowInput = { openStep: "commit.open", atEnd: window.atEnd };
  const steps: PlannedStep[] = [
    ...plan.steps.map((each) =>
      each.phase === "finish" ? { ...each, dependsOn: [...each.dependsOn, COMMITTED_STEP] } : each,
    ),
    step("commit.open", "observe", "commit.open", "Open the commit window", "commit", "target", {
      input: opened,
      dependsOn: ["verified"],
    }),
    step(COMMIT_STEP, "observe", "commit.await", "Wait for commit or rollback", "commit", "target", {
      input,
      dependsOn: ["commit.open"],
      settings: { timeoutMs: window.seconds * 1000 + 600_000, weight: 1 },
    }),
    barrier(COMMITTED_STEP, "Committed", "commit", "target", {
      dependsOn: [COMMIT_STEP],
      settings: { isPointOfNoReturn: true },
    }),
  ];
  const minutes = Math.round(window.seconds / 60);
  const then = window.atEnd === "commit" ? "it is committed by itself" : "it is rolled back by itself";
  const reason = `For ${minutes} min after the servers run at ${siteName}, rollback still brings everything back; what they wrote until then is dropped. Without commit or rollback ${then}.`;
  const warning = {
    check: "failover.commit_window",
    result: "warning",
    subject: siteName,
    reason,
    remedy: null,
  } as const;
  return { ...plan, steps, warnings: [...plan.warnings, warning] };
}
