import { failback, failover, moveHome, reclaim, reprotect, unplannedFailover } from "@protector/client";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { type Act, yields } from "./command.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { type PlanOptions, recover, withPlan } from "./recover.ts";
import {
  confirming,
  hintingAtOtherCloud,
  type WindowOptions,
  type WindowWish,
  windowOf,
  withWindow,
} from "./unplanned-options.ts";

interface ReclaimOptions extends PlanOptions {
  readonly reason?: string;
  readonly site?: string;
}

interface FailoverOptions extends PlanOptions, WindowOptions {
  readonly unplanned?: boolean;
  readonly point?: string;
  readonly reason?: string;
}

/** `protector failover`, `protector failback`, `protector reprotect` and `protector reclaim` */
export function addFailoverCommands(program: Command, act: Act): void {
  const planned = withPlan(yields(program.command("failover"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .option("--unplanned", "the site that is left is lost: recover from a kept point")
    .option("--point <name>", "with --unplanned: recovery point, by name or id; default: the latest usable one")
    .option("--reason <text>", "with --unplanned: why to go on when something cannot be fenced; kept in the audit");
  withWindow(planned)
    .description("stop the servers, replicate, start them at the other site; or start them there without their site")
    .action((ref: string, options: FailoverOptions) =>
      act((context) => {
        const run = () => failOver(context, ref, options);
        return options.unplanned ? hintingAtOtherCloud(context, "failover", run) : run();
      }),
    );
  withPlan(yields(program.command("failback"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .description("bring the servers home onto what waits there, then empty the other site")
    .action((ref: string, options: PlanOptions) =>
      act((context) =>
        recover(context, {
          command: "failback",
          type: "failback",
          ref,
          wish: {},
          options,
          ask: (_wish, { recoveryPoint: _none, ...how }) => failback(context.sites, ref, how),
        }),
      ),
    );
  withPlan(yields(program.command("reprotect"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .description("after a failover: replicate back to the site that the servers left, and wait for the first copy")
    .action((ref: string, options: PlanOptions) =>
      act((context) =>
        recover(context, {
          command: "reprotect",
          type: "reprotect",
          ref,
          wish: {},
          options,
          ask: (_wish, { recoveryPoint: _none, ...how }) => reprotect(context.sites, ref, how),
        }),
      ),
    );
  withPlan(yields(program.command("move-home"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .description("make the site that the group runs at its home; what it has left at the other one is deleted")
    .action((ref: string, options: PlanOptions) =>
      act((context) =>
        recover(context, {
          command: "move-home",
          type: "move_home",
          ref,
          wish: {},
          options,
          ask: (_wish, { recoveryPoint: _none, ...how }) => moveHome(context.sites, ref, how),
        }),
      ),
    );
  withPlan(yields(program.command("reclaim"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .option("--reason <text>", "why it is safe; needed when the other site has taken over")
    .option("--site <name>", "site whose servers come back; default: the one that the last failover left")
    .description("bring the servers back on the site that they left, when a failover cannot finish")
    .action((ref: string, { reason, site, ...options }: ReclaimOptions) =>
      act((context) =>
        recover(context, {
          command: "reclaim",
          type: "reclaim",
          ref,
          wish: { ...(reason === undefined ? {} : { reason }), ...(site === undefined ? {} : { site }) },
          options,
          ask: (wish, { recoveryPoint: _none, ...how }) => reclaim(context.sites, ref, { ...wish, ...how }),
        }),
      ),
    );
}

/** What a failover is to be; nothing of it: a planned one. */
interface FailoverWish extends WindowWish {
  readonly mode?: "unplanned";
  readonly recoveryPoint?: string;
  readonly reason?: string;
}

function failOver(
  context: CommandContext,
  ref: string,
  { unplanned, point, reason, ...options }: FailoverOptions,
): Promise<void> {
  if (!unplanned && (point !== undefined || reason !== undefined))
    throw new UsageError("--point and --reason go with --unplanned.");
  const wish: FailoverWish = {
    ...windowOf(options),
    ...(unplanned ? { mode: "unplanned" } : {}),
    ...(point === undefined ? {} : { recoveryPoint: point }),
    ...(reason === undefined ? {} : { reason }),
  };
  return recover(context, {
    command: "failover",
    type: "failover",
    ref,
    wish,
    options,
    ask: ({ mode, ...which }, { recoveryPoint, ...how }) =>
      mode === undefined
        ? failover(context.sites, ref, { ...windowOf(which), ...how })
        : unplannedFailover(context.sites, ref, {
            ...which,
            ...how,
            ...(recoveryPoint === undefined ? {} : { recoveryPoint }),
          }),
    ...confirming<FailoverWish>(context),
  });
}
