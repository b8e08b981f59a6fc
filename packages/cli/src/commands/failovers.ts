import { failover, type RunningOperation, reclaim, type SiteClient } from "@protector/client";
import type { Operation, Plan } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, exitCodeOfStatus, UsageError } from "../exit-codes.ts";
import { finish, follow, memberNames } from "../follow.ts";
import { planView } from "../output/plan-view.ts";
import { type Act, yields } from "./command.ts";
import { OPERATION_COLUMNS, PLAN_COLUMNS } from "./operation-columns.ts";

interface RecoveryOptions {
  readonly dryRun?: boolean;
  readonly reason?: string;
  readonly site?: string;
}

/** `protector failover` and `protector reclaim` */
export function addFailoverCommands(program: Command, act: Act): void {
  yields(program.command("failover"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .option("--dry-run", "show the plan and do nothing")
    .description("planned failover: stop the servers, replicate, start them at the other site")
    .action((ref: string, { dryRun }: RecoveryOptions) =>
      act((context) =>
        recover(context, {
          plan: () => failover(context.sites, ref, { dryRun: true }),
          start: (plan) => failover(context.sites, ref, { planDigest: plan.digest }),
          isDryRun: dryRun ?? false,
        }),
      ),
    );
  yields(program.command("reclaim"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .option("--dry-run", "show the plan and do nothing")
    .option("--reason <text>", "why it is safe; needed when the other site has taken over")
    .option("--site <name>", "site whose servers come back; default: the one that the last failover left")
    .description("bring the servers back on the site that they left, when a failover cannot finish")
    .action((ref: string, { dryRun, ...options }: RecoveryOptions) =>
      act((context) =>
        recover(context, {
          plan: () => reclaim(context.sites, ref, { ...options, dryRun: true }),
          start: () => reclaim(context.sites, ref, options),
          isDryRun: dryRun ?? false,
        }),
      ),
    );
}

/** How a recovery is planned, and started once its plan is confirmed. */
export interface Recovery {
  plan(): Promise<RunningOperation>;
  start(plan: Plan): Promise<RunningOperation>;
  readonly isDryRun: boolean;
}

/** Plan, confirmation, start: nothing real begins before somebody has seen what it will do. */
export async function recover(context: CommandContext, recovery: Recovery): Promise<void> {
  const { printer, host, options } = context;
  if (!recovery.isDryRun && !options.yes && !host.ask)
    throw new UsageError(
      "Nobody is at the terminal to confirm the plan. Use --yes to start without being asked, or --dry-run.",
    );
  const planned = await recovery.plan();
  const operation = await follow(context, planned, { isQuiet: true });
  const { plan } = operation;
  if (!plan) return planFailed(context, operation);
  if (recovery.isDryRun && !printer.isForPeople) printer.record(plan, PLAN_COLUMNS);
  else await showPlan(context, { operation, client: planned.client }, plan);
  if (plan.blockers.length > 0) return context.worsen(EXIT.refusedByState);
  if (recovery.isDryRun) return;
  if (!(await isConfirmed(context))) {
    context.note("Not confirmed; nothing has been changed.");
    return context.worsen(EXIT.error);
  }
  const running = await recovery.start(plan);
  const ended = await finish(context, running, running.operation.protection_group_id);
  printer.record(ended, OPERATION_COLUMNS);
}

function planFailed(context: CommandContext, operation: Operation): void {
  context.printer.record(operation, OPERATION_COLUMNS);
  context.worsen(exitCodeOfStatus(operation.status) || EXIT.error);
}

/** The plan goes to standard error when the result is for a machine. */
async function showPlan(context: CommandContext, running: RunningOperation, plan: Plan): Promise<void> {
  const { printer, host } = context;
  const isOnError = !printer.isForPeople;
  const { from, to } = await endpoints(context, running.client);
  const lines = planView(running.operation, plan, {
    width: printer.width ?? 100,
    paint: isOnError ? context.paint : printer.paint,
    memberName: await memberNames(running),
    from,
    to,
  });
  const text = `${lines.join("\n")}\n`;
  if (isOnError) host.stderr.write(text);
  else printer.tell(text);
}

/** A failover comes to the site that runs it; a reclaim too. */
async function endpoints(context: CommandContext, client: SiteClient) {
  const { near } = context.sites;
  const other = client === near ? ((await nameOfFar(context)) ?? "the other site") : near.name;
  return { from: other, to: client.name };
}

async function nameOfFar(context: CommandContext): Promise<string | undefined> {
  try {
    return (await context.sites.far()).name;
  } catch {
    // A reclaim needs nothing of the other site, not even its name.
    return undefined;
  }
}

async function isConfirmed({ options, host }: CommandContext): Promise<boolean> {
  if (options.yes || !host.ask) return options.yes;
  const answer = await host.ask('\nStart it? Type "yes" to go on: ');
  return answer.trim() === "yes";
}
