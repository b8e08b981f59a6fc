import { ProtectorError } from "@protector/contract";
import type { StepHandler } from "../runner/step-handler.ts";

/** Key of the step that waits for a person; a commit completes it. */
export const COMMIT_STEP = "commit";
/** Key of the step after which nothing leads back. */
export const COMMITTED_STEP = "committed";

/** Input of {@link openWindow}. */
export interface OpenWindowInput {
  readonly seconds: number;
}

/** Until when a failover can be taken back. */
export interface OpenedWindow {
  /** ms since the UNIX epoch. */
  readonly until: number;
}

/** Writes down when the window ends: every engine goes by the same. */
export const openWindow: StepHandler<OpenWindowInput, OpenedWindow> = {
  run: async ({ clock }, { seconds }) => ({ until: clock.now() + seconds * 1000 }),
};

/** Input of {@link awaitCommit}. */
export interface CommitWindowInput {
  readonly openStep: string;
  readonly atEnd: "commit" | "rollback";
}

/**
 * Holds an operation in its commit window until a person commits or rolls back, or the window is over.
 * @throws ProtectorError `commit_window.open` while it lasts; `commit_window.over` when it has ended without a commit and
 * is to be rolled back then.
 */
export const awaitCommit: StepHandler<CommitWindowInput, { readonly by: "window" }> = {
  run: async (context, { openStep, atEnd }) => {
    const { until } = context.output<OpenedWindow>(openStep);
    const end = new Date(until).toISOString();
    if (context.clock.now() < until) {
      throw new ProtectorError(
        "commit_window.open",
        `Commit or roll it back; at ${end} it is ${atEnd === "commit" ? "committed" : "rolled back"} by itself.`,
      );
    }
    if (atEnd === "commit") return { by: "window" };
    throw new ProtectorError("commit_window.over", `Nobody has committed it until ${end}.`);
  },
};
