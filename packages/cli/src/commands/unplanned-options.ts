import { isUnreachable } from "@protector/client";
import { COMMIT_WINDOW, type Plan } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { durationBetween } from "../global-options.ts";
import { askReason } from "./ask-reason.ts";
import type { Recovery } from "./recover.ts";

/** Options of a failover that stays open for its way back. */
export interface WindowOptions {
  readonly commitWindow?: number;
  readonly atWindowEnd?: string;
}

/** What such options want. */
export interface WindowWish {
  readonly commitWindow?: number;
  readonly atWindowEnd?: "commit" | "rollback";
}

/** Adds what {@link windowOf} understands. */
export function withWindow(command: Command): Command {
  return command
    .option(
      "--commit-window <duration>",
      "for so long after the servers run, rollback brings everything back: 15m, 4h, 1d",
      durationBetween(COMMIT_WINDOW),
    )
    .option("--at-window-end <commit|rollback>", "what follows when nobody has said; default commit");
}

/** @throws UsageError for an end without a window, or none that is known. */
export function windowOf({ commitWindow, atWindowEnd }: WindowOptions): WindowWish {
  if (atWindowEnd !== undefined && commitWindow === undefined)
    throw new UsageError("--at-window-end goes with --commit-window.");
  if (atWindowEnd !== undefined && atWindowEnd !== "commit" && atWindowEnd !== "rollback")
    throw new UsageError("--at-window-end knows: commit, rollback");
  return {
    ...(commitWindow === undefined ? {} : { commitWindow }),
    ...(atWindowEnd === undefined ? {} : { atWindowEnd }),
  };
}

/** How a failover that may lose writes is confirmed, and what is asked for where only a reason lacks. */
export function confirming<W extends { readonly reason?: string }>(
  context: CommandContext,
): Required<Pick<Recovery<W>, "isNameAsked" | "mend">> {
  return {
    isNameAsked: ({ reason }, plan) => plan.expected_data_loss_seconds !== 0 || reason !== undefined,
    mend: async (wish: W, plan: Plan) => {
      const why = await askReason(context, plan);
      return why === undefined ? undefined : { ...wish, reason: why };
    },
  };
}

/** Who asks the lost site first, and has named no other, is told how to ask the other one. */
export async function hintingAtOtherCloud(
  context: CommandContext,
  command: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isUnreachable(error)) {
      const { name } = context.sites.near;
      context.note(`If ${name} is the site that is lost, ask the other one: protector --os-cloud OTHER ${command} …`);
    }
    throw error;
  }
}
