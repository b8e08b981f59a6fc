import { type TestFailoverOptions, testCleanup, testFailover } from "@protector/client";
import { TEST_TIME_LIMIT } from "@protector/contract";
import { type Command, InvalidArgumentError } from "commander";
import { finish } from "../follow.ts";
import { type Act, yields } from "./command.ts";
import { recover } from "./failovers.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";

interface TestOptions {
  readonly dryRun?: boolean;
  readonly point?: string;
  readonly autoCleanup?: boolean;
  readonly timeLimit?: number;
  readonly suffix?: string;
}

/** `protector test-failover` and `protector test-cleanup` */
export function addDrillCommands(program: Command, act: Act): void {
  yields(program.command("test-failover"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .option("--dry-run", "show the plan and do nothing")
    .option("--point <name>", "recovery point, by name or id; default: the latest usable one")
    .option("--auto-cleanup", "delete everything as soon as the test has been verified")
    .option("--time-limit <duration>", "clean up by itself after this: 90m, 4h, 2d; default 1d", duration)
    .option("--suffix <text>", "put behind the names of the test servers; default -test")
    .description("start copies of the servers at the other site, on networks that reach nothing else")
    .action((ref: string, options: TestOptions) =>
      act((context) =>
        recover(context, {
          plan: () => testFailover(context.sites, ref, { ...wish(options), dryRun: true }),
          start: (plan) =>
            testFailover(context.sites, ref, {
              ...wish(options),
              // The point that was shown: a newer one may have come meanwhile.
              ...(plan.recovery_point === null ? {} : { recoveryPoint: plan.recovery_point }),
              planDigest: plan.digest,
            }),
          isDryRun: options.dryRun ?? false,
        }),
      ),
    );
  yields(program.command("test-cleanup"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .option("--test <operation>", "only this test failover; default: all that stand")
    .description("delete what test failovers made, and see that nothing is left")
    .action((ref: string, { test }: { readonly test?: string }) =>
      act(async (context) => {
        const running = await testCleanup(context.sites, ref, test === undefined ? {} : { testId: test });
        const ended = await finish(context, running, running.operation.protection_group_id);
        context.printer.record(ended, OPERATION_COLUMNS);
      }),
    );
}

function wish({ point, autoCleanup, timeLimit, suffix }: TestOptions): TestFailoverOptions {
  return {
    ...(point === undefined ? {} : { recoveryPoint: point }),
    ...(autoCleanup ? { cleanup: "auto" as const } : {}),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(suffix === undefined ? {} : { suffix }),
  };
}

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of `90m`, `4h`, `2d`. */
function duration(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit as keyof typeof SECONDS] ?? Number.NaN);
  if (seconds >= TEST_TIME_LIMIT.least && seconds <= TEST_TIME_LIMIT.most) return seconds;
  throw new InvalidArgumentError("A duration from 5m to 7d is needed: 90m, 4h, 2d.");
}
