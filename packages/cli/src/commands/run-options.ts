import type { RunMode, RunRequest } from "@protector/client";
import { PLAN_CONCURRENCY } from "@protector/contract";
import { type Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { askReason } from "./ask-reason.ts";
import { type Asking, type PlanOptions, type Recovery, withPlan } from "./recover.ts";
import { testDuration } from "./test-duration.ts";

/** Options of what is done with many groups at once. */
export interface RunOptions extends PlanOptions {
  readonly unplanned?: boolean;
  readonly test?: boolean;
  readonly testCleanup?: boolean;
  readonly reprotect?: boolean;
  readonly failback?: boolean;
  readonly concurrency?: number;
  readonly skipBlocked?: boolean;
  readonly reason?: string;
  readonly keepTest?: boolean;
  readonly timeLimit?: number;
  readonly suffix?: string;
}

/** What a run is to be, as a plan's file keeps it. */
export type RunWish = Omit<RunRequest, "dryRun" | "planDigest" | "idempotencyKey">;

/** Adds the options of a run to a command. */
export function withRunOptions(command: Command): Command {
  return withPlan(command)
    .option("--unplanned", "the site that is left is lost: recover from the latest usable points")
    .option("--test", "start copies on isolated networks, and clean up when every group has been tested")
    .option("--test-cleanup", "delete what tests made, and see that nothing is left")
    .option("--reprotect", "after a failover: replicate back")
    .option("--failback", "bring the servers home, then empty the other site")
    .option("--concurrency <number>", "most groups at work at once", concurrency)
    .option("--skip-blocked", "groups with blockers stay where they are; the others go")
    .option("--reason <text>", "with --unplanned: why to go on when something cannot be fenced; kept in the audit")
    .option("--keep-test", "with --test: the copies stand until --test-cleanup or --time-limit")
    .option(
      "--time-limit <duration>",
      "with --test: clean up by itself after this: 90m, 4h, 2d; default 1d",
      testDuration,
    )
    .option("--suffix <text>", "with --test: put behind the names of the test servers; default -test");
}

/** A whole number of groups at once. */
export function concurrency(text: string): number {
  const count = Number(text);
  const { least, most } = PLAN_CONCURRENCY;
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
}

const MODES = [
  ["unplanned", "unplanned"],
  ["test", "test_failover"],
  ["testCleanup", "test_cleanup"],
  ["reprotect", "reprotect"],
  ["failback", "failback"],
] as const satisfies readonly (readonly [keyof RunOptions, RunMode])[];

/** @throws UsageError for options that do not go together. */
export function runWish(options: RunOptions): RunWish {
  const [[, mode] = [undefined, "planned" as const], second] = MODES.filter(([name]) => options[name]);
  if (second)
    throw new UsageError("Only one of --unplanned, --test, --test-cleanup, --reprotect, --failback at a time.");
  const { concurrency: count, skipBlocked, reason, keepTest, timeLimit, suffix } = options;
  if (reason !== undefined && mode !== "unplanned") throw new UsageError("--reason goes with --unplanned.");
  if ((keepTest || timeLimit !== undefined || suffix !== undefined) && mode !== "test_failover")
    throw new UsageError("--keep-test, --time-limit and --suffix go with --test.");
  return {
    mode,
    ...(count === undefined ? {} : { concurrency: count }),
    ...(skipBlocked ? { skipBlocked } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(keepTest ? { cleanup: "manual" as const } : {}),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(suffix === undefined ? {} : { suffix }),
  };
}

/** How a run is asked for, without what is about one group only. */
export function howOf({ recoveryPoint: _none, ...how }: Asking): Omit<Asking, "recoveryPoint"> {
  return how;
}

/** What makes a run's plan go on or be confirmed by name. */
export function runManners<W extends RunWish>(context: CommandContext): Pick<Recovery<W>, "isNameAsked" | "mend"> {
  return {
    isNameAsked: ({ mode, reason }, plan) =>
      mode === "unplanned" && (plan.expected_data_loss_seconds !== 0 || reason !== undefined),
    mend: async (wish, plan) => {
      const why = await askReason(context, plan);
      return why === undefined ? undefined : { ...wish, reason: why };
    },
  };
}
