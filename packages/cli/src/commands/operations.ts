import {
  askOperation,
  findOperation,
  groupIdAt,
  listOperations,
  type PageRequest,
  type PlacedOperation,
  type RunningOperation,
  siteAlone,
} from "@protector/client";
import {
  OPERATION_STATUSES,
  OPERATION_TYPES,
  type OperationAction,
  type OperationStatus,
  type OperationStep,
} from "@protector/contract";
import { type Command, Option } from "commander";
import type { CommandContext } from "../context.ts";
import { exitCodeOfOperation, UsageError } from "../exit-codes.ts";
import { finish, follow, memberNames, settle } from "../follow.ts";
import { operationTree } from "../output/operation-tree.ts";
import { remedies } from "../output/remedies.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption } from "./find.ts";
import { OPERATION_COLUMNS, OPERATION_LIST, placed } from "./operation-columns.ts";
import { addOperationReportCommand } from "./operation-reports.ts";
import { paged } from "./paging.ts";

/** `protector operation …` */
export function addOperationCommands(program: Command, act: Act): void {
  const operations = program.command("operation").description("runs of workflows, on both sites");
  paged(atSite(yields(operations.command("list"), "list", OPERATION_LIST)))
    .option("--protection-group <group>", "only those of a group (name or id)")
    .addOption(new Option("--status <status>", "only those in this status").choices(OPERATION_STATUSES))
    .addOption(new Option("--type <type>", "only those of this type").choices(OPERATION_TYPES))
    .description("list operations of both sites, newest first")
    .action((options: Filters) => act((context) => list(context, options)));
  atSite(yields(operations.command("show"), "record", OPERATION_COLUMNS))
    .argument("<operation>", "id")
    .description("show an operation with its steps")
    .action((id: string, { site }: SiteOption) => act((context) => show(context, id, site)));
  yields(operations.command("watch"), "record", OPERATION_COLUMNS)
    .argument("<operation>", "id")
    .description("watch an operation until it has ended; Ctrl-C leaves, the operation goes on")
    .action((id: string) => act((context) => watch(context, id)));
  addOperationReportCommand(operations, act);
  addVerbs(operations, act);
}

interface Filters extends SiteOption, PageRequest {
  readonly protectionGroup?: string;
  readonly status?: string;
  readonly type?: string;
}

async function list(
  context: CommandContext,
  { protectionGroup, site, limit, marker, ...filters }: Filters,
): Promise<void> {
  const query: Record<string, string> = { ...filters };
  const only = site === undefined ? undefined : await context.siteNamed(site);
  if (protectionGroup !== undefined)
    query.protection_group_id = only
      ? await groupIdAt(only, protectionGroup)
      : await context.sites.groupId(protectionGroup);
  const { operations, silent } = await listOperations(only ? siteAlone(only) : context.sites, query, {
    ...(limit === undefined ? {} : { limit }),
    ...(marker === undefined ? {} : { marker }),
  });
  for (const failure of silent) context.warn(`${failure.site} does not answer: its operations may be missing.`);
  context.printer.list(operations, OPERATION_LIST);
}

async function show(context: CommandContext, id: string, site: string | undefined): Promise<void> {
  const only = site === undefined ? undefined : await context.siteNamed(site);
  const running = await findOperation(only ? siteAlone(only) : context.sites, id);
  const { steps } = await running.client.call("operations.steps", { path: { id: running.operation.id } });
  const { printer } = context;
  const shown: PlacedOperation & { readonly steps: readonly OperationStep[] } = {
    ...placed(running, running.operation),
    steps,
  };
  printer.record(shown, OPERATION_COLUMNS);
  if (!printer.isForPeople || printer.picks.length > 0) return;
  if (steps.length > 0) await tellTree(context, running, steps);
  const advice = remedies(running.operation, steps);
  if (advice.length > 0) printer.tell(`\n${advice.join("\n")}\n`);
}

async function tellTree(
  { printer, host }: CommandContext,
  running: RunningOperation,
  steps: readonly OperationStep[],
): Promise<void> {
  const lines = operationTree(
    { operation: running.operation, steps, silence: undefined },
    {
      width: printer.width ?? 120,
      stepLines: 20,
      now: host.clock.now(),
      paint: printer.paint,
      memberName: await memberNames(running),
    },
  );
  printer.tell(`\n${lines.join("\n")}\n`);
}

async function watch(context: CommandContext, id: string): Promise<void> {
  const running = await findOperation(context.sites, id);
  const operation = await follow(context, running);
  context.worsen(exitCodeOfOperation(operation));
  await settle(context, operation, operation.protection_group_id);
  context.printer.record(placed(running, operation), OPERATION_COLUMNS);
}

const VERBS = {
  cancel: "before the point of no return undo everything; after it stop at the next safe boundary",
  retry: "run again only what failed, and what waits for it",
  rollback: "undo everything done so far",
  commit: "end the commit window of a failover: nothing leads back any more",
} as const;

/** What whoever uses the verb wants, where that is not the operation's completion. */
const END_OF = {
  cancel: { wished: "cancelled" },
  retry: {},
  rollback: { wished: "rolled_back" },
  commit: {},
} as const;

function addVerbs(operations: Command, act: Act): void {
  for (const verb of ["cancel", "retry", "rollback", "commit"] as const) {
    yields(operations.command(verb), "record", OPERATION_COLUMNS)
      .argument("<operation>", "id")
      .description(VERBS[verb])
      .action((id: string) => act((context) => ask(context, id, { action: { [verb]: {} }, ...END_OF[verb] })));
  }
  yields(operations.command("resume"), "record", OPERATION_COLUMNS)
    .argument("<operation>", "id")
    .option("--as <mode>", "unplanned: the source site is lost, go on without it")
    .option("--reason <text>", "why; kept in the audit, needed with --as")
    .description("go on where it stopped")
    .action((id: string, { as, reason }: { as?: string; reason?: string }) =>
      act(async (context) => {
        if (as !== undefined && as !== "unplanned") throw new UsageError("--as knows only: unplanned");
        if (as !== undefined && reason === undefined) throw new UsageError("--as unplanned needs --reason.");
        const resume = { ...(as ? { as: "unplanned" as const } : {}), ...(reason === undefined ? {} : { reason }) };
        await ask(context, id, { action: { resume } });
      }),
    );
  yields(operations.command("skip"), "record", OPERATION_COLUMNS)
    .argument("<operation>", "id")
    .option("--member <name>", "member by name or id: all that is left of it")
    .option("--step <key>", "one step that has failed or waits, by its key")
    .requiredOption("--reason <text>", "why; kept in the audit and in the report")
    .description("leave out what has failed, and go on without it")
    .action((id: string, { reason, member, step }: SkipOptions) =>
      act(async (context) => {
        if ((member === undefined) === (step === undefined))
          throw new UsageError("Say --member or --step, one of them.");
        const what = member === undefined ? { step: step ?? "" } : { member };
        await ask(context, id, { action: { skip: { ...what, reason } } });
      }),
    );
  yields(operations.command("abandon"), "record", OPERATION_COLUMNS)
    .argument("<operation>", "id")
    .requiredOption("--reason <text>", "why; kept in the audit")
    .description("stop working on it; what it made is listed as left over")
    .action((id: string, { reason }: { reason: string }) =>
      act((context) => ask(context, id, { action: { abandon: { reason } }, wished: "cancelled" })),
    );
}

interface SkipOptions {
  readonly reason: string;
  readonly member?: string;
  readonly step?: string;
}

interface Asked {
  readonly action: OperationAction;
  /** The end that the verb aims at. */
  readonly wished?: OperationStatus;
}

async function ask(context: CommandContext, id: string, { action, wished }: Asked): Promise<void> {
  const running = await askOperation(context.sites, id, action);
  const groupId = running.operation.protection_group_id;
  const operation = await finish(context, running, groupId, wished === undefined ? {} : { wished });
  context.printer.record(operation, OPERATION_COLUMNS);
}
