import { type RunningOperation, startedByKey, subjectOf } from "@protector/client";
import type { Operation, OperationType, Plan, RecoveryPoint } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, exitCodeOfOperation, UsageError } from "../exit-codes.ts";
import { finish, follow, memberNames } from "../follow.ts";
import { operationTitle, whyText } from "../output/operation-tree.ts";
import { planView } from "../output/plan-view.ts";
import { remedies } from "../output/remedies.ts";
import { KEY_OPTION, rejoinByKey } from "./idempotency.ts";
import { OPERATION_COLUMNS, PLAN_COLUMNS, placed } from "./operation-columns.ts";
import { readPlan, requireSamePlan, type SavedPlan, savePlan } from "./plan-file.ts";

/** Options of every command that shows a plan before it starts. */
export interface PlanOptions {
  readonly dryRun?: boolean;
  readonly planFile?: string;
  readonly idempotencyKey?: string;
}

/** How a recovery is asked for. */
export interface Asking {
  readonly dryRun?: true;
  /** Start only if this is still the plan. */
  readonly planDigest?: string;
  /** Recovery point of the plan that was shown: a newer one may have come meanwhile. */
  readonly recoveryPoint?: string;
  readonly idempotencyKey?: string;
}

/** A recovery that somebody wants. */
export interface Recovery<W extends object> {
  /** Command that wants it, as it is typed. */
  readonly command: string;
  readonly type: OperationType;
  /** Group by name or id; else what {@link Recovery.subject} finds. */
  readonly ref: string;
  /** Id of what it is about, as an operation tells it; default: the group's. */
  subject?(): Promise<string>;
  /** What is wanted beside the group; `undefined` values count as not said. */
  readonly wish: W;
  readonly options: PlanOptions;
  ask(wish: W, how: Asking): Promise<RunningOperation>;
  /** Whether confirming takes the group's name instead of a `yes`: for what cannot be put right afterwards. */
  isNameAsked?(wish: W, plan: Plan): boolean;
  /** What is wanted after a person has added what the plan lacks; undefined: it stays blocked. */
  mend?(wish: W, plan: Plan): Promise<W | undefined>;
}

/** Adds what {@link recover} understands. */
export function withPlan(command: Command): Command {
  return command
    .option("--dry-run", "show the plan and do nothing")
    .option("--plan-file <path>", "with --dry-run: save the plan; without: run the saved plan, or nothing")
    .option(...KEY_OPTION);
}

/** Plan, confirmation, start: nothing real begins before somebody has seen what it will do. */
export async function recover<W extends object>(context: CommandContext, recovery: Recovery<W>): Promise<void> {
  const { dryRun: isDryRun = false, planFile } = recovery.options;
  requireSomebody(context, isDryRun);
  if (!isDryRun && (await isRejoined(context, recovery))) return;
  const saved = planFile === undefined || isDryRun ? undefined : await savedFor(context, recovery, planFile);
  const wish = (saved?.options ?? recovery.wish) as W;
  const planned = await recovery.ask(wish, { dryRun: true, ...pointOf(saved?.plan) });
  const operation = await follow(context, planned, { isQuiet: true });
  if (saved) requireSamePlan(saved, operation, planned.client.name);
  const { plan } = operation;
  if (!plan) return planFailed(context, { ...planned, operation });
  if (isDryRun && !context.printer.isForPeople) context.printer.record(plan, PLAN_COLUMNS);
  else await showPlan(context, { operation, client: planned.client }, plan);
  if (isDryRun && planFile !== undefined) keepPlan(context, recovery, { path: planFile, operation, plan });
  if (plan.blockers.length > 0) {
    const mended = isDryRun || saved ? undefined : await recovery.mend?.(wish, plan);
    return mended ? recover(context, { ...recovery, wish: mended }) : context.worsen(EXIT.refusedByState);
  }
  if (!isDryRun) await start(context, recovery, { wish, operation, plan });
}

/** Whether the key has started it before: then that is gone on with. */
async function isRejoined<W extends object>(context: CommandContext, recovery: Recovery<W>): Promise<boolean> {
  const { idempotencyKey: key } = recovery.options;
  if (key === undefined) return false;
  const wanted = { type: recovery.type, subjectId: await subjectIn(context, recovery) };
  const before = await startedByKey(context.sites, key, wanted);
  if (before) await rejoinByKey(context, before, key);
  return before !== undefined;
}

function subjectIn<W extends object>({ sites }: CommandContext, { ref, subject }: Recovery<W>): Promise<string> {
  return subject ? subject() : sites.groupId(ref);
}

async function start<W extends object>(
  context: CommandContext,
  { ask, isNameAsked, options: { idempotencyKey } }: Recovery<W>,
  { wish, operation, plan }: { readonly wish: W; readonly operation: Operation; readonly plan: Plan },
): Promise<void> {
  const isNamed = isNameAsked?.(wish, plan) ?? false;
  if (!(await isConfirmed(context, isNamed ? operation : undefined))) {
    context.note("Not confirmed; nothing has been changed.");
    return context.worsen(EXIT.error);
  }
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  const running = await ask(wish, { planDigest: plan.digest, ...pointOf(plan), ...key });
  const ended = await finish(context, running, running.operation.protection_group_id);
  context.printer.record(ended, OPERATION_COLUMNS);
}

function requireSomebody({ options, host }: CommandContext, isDryRun: boolean): void {
  if (isDryRun || options.yes || host.ask) return;
  throw new UsageError(
    "Nobody is at the terminal to confirm the plan. Use --yes to start without being asked, or --dry-run.",
  );
}

/** The plan of a file, when it is for this command, this group and this wish. */
async function savedFor<W extends object>(
  context: CommandContext,
  recovery: Recovery<W>,
  path: string,
): Promise<SavedPlan> {
  const { command, ref, wish } = recovery;
  const saved = readPlan(context, path);
  if (saved.command !== command)
    throw new UsageError(`${path} holds a plan for "protector ${saved.command}", not for "protector ${command}".`);
  if (saved.protection_group.id !== (await subjectIn(context, recovery)))
    throw new UsageError(`${path} holds a plan for "${saved.protection_group.name}", not for "${ref}".`);
  for (const [name, value] of Object.entries(wish))
    if (value !== undefined && (saved.options as Record<string, unknown>)[name] !== value)
      throw new UsageError(`${path} holds a plan with other options. Leave them out: they are taken from the file.`);
  return saved;
}

function keepPlan<W extends object>(
  context: CommandContext,
  { command, wish }: Recovery<W>,
  { path, operation, plan }: { readonly path: string; readonly operation: Operation; readonly plan: Plan },
): void {
  if (plan.blockers.length > 0) {
    context.warn("A plan that is blocked is not saved.");
    return;
  }
  const protection_group = { id: subjectOf(operation), name: operation.protection_group_name };
  savePlan(context, path, { command, protection_group, site_id: operation.site_id, options: wish, plan });
}

function pointOf(plan: Plan | undefined): Asking {
  return plan?.recovery_point ? { recoveryPoint: plan.recovery_point } : {};
}

function planFailed(context: CommandContext, running: RunningOperation): void {
  const { operation } = running;
  if (context.printer.isForPeople) context.note(`No plan of the ${operationTitle(operation)}: ${whyText(operation)}`);
  else context.printer.record(placed(running, operation), OPERATION_COLUMNS);
  for (const line of remedies(running.operation, [])) context.note(line);
  context.worsen(exitCodeOfOperation(running.operation) || EXIT.error);
}

/** The plan goes to standard error when the result is for a machine. */
async function showPlan(context: CommandContext, running: RunningOperation, plan: Plan): Promise<void> {
  const { printer, host } = context;
  const isOnError = !printer.isForPeople;
  const [{ from, to }, point] = await Promise.all([endpoints(context, running), listedPoint(running, plan)]);
  const lines = planView(running.operation, plan, {
    width: printer.width ?? 100,
    paint: isOnError ? context.paint : printer.paint,
    memberName: await memberNames(running),
    from,
    to,
    now: host.clock.now(),
    ...(point ? { point } : {}),
  });
  const text = `${lines.join("\n")}\n`;
  if (isOnError) host.stderr.write(text);
  else printer.tell(text);
}

/** The point that servers are recovered from, as the site that runs the operation lists it. */
async function listedPoint({ operation, client }: RunningOperation, plan: Plan): Promise<RecoveryPoint | undefined> {
  const { protection_group_id: id } = operation;
  if (plan.recovery_point === null || id === null) return undefined;
  try {
    const points = await client.all("recovery_points.index", { path: { id } });
    return points.find(({ name }) => name === plan.recovery_point);
  } catch {
    // The plan names it; its age and whether a test has proven it are a comfort only.
    return undefined;
  }
}

/** A failover comes to the site that runs it; a reclaim too. A reprotection sends from there. */
async function endpoints(context: CommandContext, { operation, client }: RunningOperation) {
  const { near } = context.sites;
  const other = client === near ? ((await nameOfFar(context)) ?? "the other site") : near.name;
  const isSending = operation.type === "reprotect" || operation.mode === "reprotect";
  return isSending ? { from: client.name, to: other } : { from: other, to: client.name };
}

async function nameOfFar(context: CommandContext): Promise<string | undefined> {
  try {
    return (await context.sites.far()).name;
  } catch {
    // A reclaim needs nothing of the other site, not even its name.
    return undefined;
  }
}

/** @param named the operation whose group, plan or site has to be typed. */
async function isConfirmed({ options, host }: CommandContext, named: Operation | undefined): Promise<boolean> {
  if (options.yes || !host.ask) return options.yes;
  if (named === undefined) return (await host.ask('\nStart it? Type "yes" to go on: ')).trim() === "yes";
  const { type, recovery_plan_id, protection_group_name: name } = named;
  const whose = type !== "site_failover" ? "group" : recovery_plan_id === null ? "site" : "plan";
  const question = `\nWhat was written after the recovery point is lost. Type the ${whose}'s name ("${name}") to start it: `;
  return (await host.ask(question)).trim() === name;
}
