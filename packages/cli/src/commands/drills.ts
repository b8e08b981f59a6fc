import { type TestFailoverOptions, testCleanup, testFailover, testPromote } from "@protector/client";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { finish } from "../follow.ts";
import { type Act, yields } from "./command.ts";
import { KEY_OPTION, keyOf } from "./idempotency.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { type PlanOptions, recover, withPlan } from "./recover.ts";
import { testDuration } from "./test-duration.ts";
import {
  confirming,
  hintingAtOtherCloud,
  type WindowOptions,
  type WindowWish,
  windowOf,
  withWindow,
} from "./unplanned-options.ts";

interface TestOptions extends PlanOptions {
  readonly point?: string;
  readonly autoCleanup?: boolean;
  readonly timeLimit?: number;
  readonly suffix?: string;
}

/** `protector test-failover`, `protector test-cleanup` and `protector test-promote` */
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
  addPromotion(program, act);
}

/** What is wanted of a promotion. */
interface PromotionWish extends WindowWish {
  readonly testId?: string;
  readonly reason?: string;
}

interface PromotionOptions extends PlanOptions, WindowOptions {
  readonly test?: string;
  readonly reason?: string;
}

function addPromotion(program: Command, act: Act): void {
  const command = withPlan(yields(program.command("test-promote"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .option("--test <operation>", "this test failover; default: the newest that brought every server up")
    .option("--reason <text>", "why to go on when something cannot be fenced; kept in the audit");
  withWindow(command)
    .description("fail over for real, without the site that is left, from the recovery point that a test has proven")
    .action((ref: string, options: PromotionOptions) =>
      act((context) => hintingAtOtherCloud(context, "test-promote", () => promote(context, ref, options))),
    );
}

function promote(context: CommandContext, ref: string, { test, reason, ...options }: PromotionOptions): Promise<void> {
  const wish: PromotionWish = {
    ...windowOf(options),
    ...(test === undefined ? {} : { testId: test }),
    ...(reason === undefined ? {} : { reason }),
  };
  return recover(context, {
    command: "test-promote",
    type: "failover",
    ref,
    wish,
    options,
    ask: (which, { recoveryPoint: _none, ...how }) => testPromote(context.sites, ref, { ...which, ...how }),
    ...confirming<PromotionWish>(context),
  });
}

function wish({ point, autoCleanup, timeLimit, suffix }: TestOptions): TestFailoverOptions {
  return {
    ...(point === undefined ? {} : { recoveryPoint: point }),
    ...(autoCleanup ? { cleanup: "auto" as const } : {}),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(suffix === undefined ? {} : { suffix }),
  };
}
