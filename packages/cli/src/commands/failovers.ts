import { failback, failover, isUnreachable, moveHome, reclaim, reprotect, unplannedFailover } from "@protector/client";
import { COMMIT_WINDOW } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { durationBetween } from "../global-options.ts";
import { askReason } from "./ask-reason.ts";
import { type Act, yields } from "./command.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { type PlanOptions, recover, withPlan } from "./recover.ts";

interface ReclaimOptions extends PlanOptions {
  readonly reason?: string;
  readonly site?: string;
}

interface FailoverOptions extends PlanOptions {
  readonly unplanned?: boolean;
  readonly point?: string;
  readonly reason?: string;
  readonly commitWindow?: number;
  readonly atWindowEnd?: string;
}

/** `protector failover`, `protector failback`, `protector reprotect` and `protector reclaim` */
export function addFailoverCommands(program: Command, act: Act): void {
  withPlan(yields(program.command("failover"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .option("--unplanned", "the site that is left is lost: recover from a kept point")
    .option("--point <name>", "with --unplanned: recovery point, by name or id; default: the latest usable one")
    .option("--reason <text>", "with --unplanned: why to go on when something cannot be fenced; kept in the audit")
    .option(
      "--commit-window <duration>",
      "for so long after the servers run, rollback brings everything back: 15m, 4h, 1d",
      durationBetween(COMMIT_WINDOW),
    )
    .option("--at-window-end <commit|rollback>", "what follows when nobody has said; default commit")
    .description("stop the servers, replicate, start them at the other site; or start them there without their site")
    .action((ref: string, options: FailoverOptions) =>
      act((context) => hintingAtOtherCloud(context, options, () => failOver(context, ref, options))),
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
interface FailoverWish {
  readonly mode?: "unplanned";
  readonly recoveryPoint?: string;
  readonly reason?: string;
  readonly commitWindow?: number;
  readonly atWindowEnd?: "commit" | "rollback";
}

function failOver(
  context: CommandContext,
  ref: string,
  { unplanned, point, reason, commitWindow, atWindowEnd, ...options }: FailoverOptions,
): Promise<void> {
  if (!unplanned && (point !== undefined || reason !== undefined))
    throw new UsageError("--point and --reason go with --unplanned.");
  if (atWindowEnd !== undefined && commitWindow === undefined)
    throw new UsageError("--at-window-end goes with --commit-window.");
  if (atWindowEnd !== undefined && atWindowEnd !== "commit" && atWindowEnd !== "rollback")
    throw new UsageError("--at-window-end knows: commit, rollback");
  const wish: FailoverWish = {
    ...(commitWindow === undefined ? {} : { commitWindow }),
    ...(atWindowEnd === undefined ? {} : { atWindowEnd }),
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
    isNameAsked: ({ mode, reason }, plan) =>
      mode !== undefined && (plan.expected_data_loss_seconds !== 0 || reason !== undefined),
    mend: async (wish, plan) => {
      const why = await askReason(context, plan);
      return why === undefined ? undefined : { ...wish, reason: why };
    },
  });
}

function windowOf({ commitWindow, atWindowEnd }: FailoverWish) {
  return {
    ...(commitWindow === undefined ? {} : { commitWindow }),
    ...(atWindowEnd === undefined ? {} : { atWindowEnd }),
  };
}

/** Who asks the lost site first, and has named no other, is told how to ask the other one. */
async function hintingAtOtherCloud(
  context: CommandContext,
  { unplanned }: FailoverOptions,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (unplanned && isUnreachable(error)) {
      const { name } = context.sites.near;
      context.note(`If ${name} is the site that is lost, ask the other one: protector --os-cloud OTHER failover …`);
    }
    throw error;
  }
}
