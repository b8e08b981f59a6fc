import { type TestFailoverOptions, testCleanup, testFailover } from "@protector/client";
import type { Command } from "commander";
import { finish } from "../follow.ts";
import { type Act, yields } from "./command.ts";
import { KEY_OPTION, keyOf } from "./idempotency.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { type PlanOptions, recover, withPlan } from "./recover.ts";
import { testDuration } from "./test-duration.ts";

interface TestOptions extends PlanOptions {
  readonly point?: string;
  readonly autoCleanup?: boolean;
  readonly timeLimit?: number;
  readonly suffix?: string;
}

/** `protector test-failover` and `protector test-cleanup` */
export function addDrillCommands(program: Command, act: Act): void {
  withPlan(yields(program.command("test-failover"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .option("--point <name>", "recovery point, by name or id; default: the latest usable one")
    .option("--auto-cleanup", "delete everything as soon as the test has been verified")
    .option("--time-limit <duration>", "clean up by itself after this: 90m, 4h, 2d; default 1d", testDuration)
    .option("--suffix <text>", "put behind the names of the test servers; default -test")
    .description("start copies of the servers at the other site, on networks that reach nothing else")
    .action((ref: string, options: TestOptions) =>
      act((context) =>
        recover(context, {
          command: "test-failover",
          type: "test_failover",
          ref,
          wish: wish(options),
          options,
          ask: (wish, how) => testFailover(context.sites, ref, { ...wish, ...how }),
        }),
      ),
    );
  yields(program.command("test-cleanup"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .option("--test <operation>", "only this test failover; default: all that stand")
    .option(...KEY_OPTION)
    .description("delete what test failovers made, and see that nothing is left")
    .action((ref: string, { test, ...options }: { readonly test?: string; readonly idempotencyKey?: string }) =>
      act(async (context) => {
        const which = test === undefined ? {} : { testId: test };
        const running = await testCleanup(context.sites, ref, { ...which, ...keyOf(options) });
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
