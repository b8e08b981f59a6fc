import {
  type Changed,
  createRecoveryPlan,
  deleteRecoveryPlan,
  findRecoveryPlan,
  listRecoveryPlans,
  type PageRequest,
  runRecoveryPlan,
  type SiteClient,
  updateRecoveryPlan,
} from "@protector/client";
import type { PlaceGroup, RecoveryPlan, RecoveryPlanGroup } from "@protector/contract";
import { type Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";
import { sentence } from "../output/error-text.ts";
import { type Act, yields } from "./command.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { paged, pageOf } from "./paging.ts";
import { recover } from "./recover.ts";
import { concurrency, howOf, type RunOptions, runManners, runWish, withRunOptions } from "./run-options.ts";

const LIST: readonly Column<RecoveryPlan>[] = [
  { name: "id" },
  { name: "name" },
  { name: "groups", cell: ({ group_count }) => group_count },
  { name: "concurrency" },
  { name: "generation" },
  { name: "updated_at", isTime: true },
];

/** A plan with the names of sites, for people. */
type ShownPlan = RecoveryPlan & { readonly siteName: (id: string) => string };

const RECORD: readonly Column<ShownPlan>[] = [
  { name: "id" },
  { name: "name" },
  { name: "description" },
  { name: "concurrency" },
  { name: "is_failover_ready" },
  { name: "members", cell: ({ member_count }) => member_count },
  { name: "expected_duration", cell: ({ expected_duration_seconds: s }) => (s === null ? null : durationText(s)) },
  { name: "groups", cell: (plan) => (plan.groups ?? []).map((group) => groupText(plan, group)).join("\n") },
  { name: "current_operation_id" },
  { name: "generation" },
  { name: "created_at", isTime: true },
  { name: "updated_at", isTime: true },
];

/** `protector recovery-plan …` */
export function addRecoveryPlanCommands(program: Command, act: Act): void {
  const plans = program.command("recovery-plan").description("protection groups that are recovered together, in order");
  addCreate(plans, act);
  paged(yields(plans.command("list"), "list", LIST))
    .description("list the recovery plans of the project")
    .action((options: PageRequest) =>
      act(async (context) => {
        const { plans: all, silence } = await listRecoveryPlans(context.sites);
        if (silence) context.warn(`${silence.site} does not answer: plans may have been changed there.`);
        context.printer.list(pageOf(all, options), LIST);
      }),
    );
  yields(plans.command("show"), "record", RECORD)
    .argument("<plan>", "name or id")
    .description("show a recovery plan, its groups in order, whether they are ready, and how long it would take")
    .action((ref: string) => act((context) => show(context, ref)));
  addSet(plans, act);
  addGroupCommands(plans, act);
  plans
    .command("delete")
    .argument("<plan>", "name or id")
    .description("delete a recovery plan; its groups stay")
    .action((ref: string) =>
      act(async (context) => tell(context, (await deleteRecoveryPlan(context.sites, ref)).delivery)),
    );
  addRun(plans, act);
}

interface PlanWish {
  readonly name?: string;
  readonly description?: string;
  readonly concurrency?: number;
}

function addCreate(plans: Command, act: Act): void {
  yields(plans.command("create"), "record", RECORD)
    .argument("<name>")
    .argument("[group...]", "names or ids")
    .option("--in-order", "each group starts when the one before it has ended; default: all at once")
    .option("--concurrency <number>", "most groups at work at once; default 5", concurrency)
    .option("--description <text>")
    .description("create a recovery plan, at both sites")
    .action((name: string, groups: string[], { inOrder, ...options }: PlanWish & { readonly inOrder?: boolean }) =>
      act(async (context) => {
        const places: PlaceGroup[] = [];
        for (const [index, ref] of groups.entries()) {
          const protection_group_id = await context.sites.groupId(ref);
          places.push({ protection_group_id, ...(inOrder ? { tier: index } : {}) });
        }
        await printChanged(context, await createRecoveryPlan(context.sites, { ...options, name, groups: places }));
      }),
    );
}

function addSet(plans: Command, act: Act): void {
  yields(plans.command("set"), "record", RECORD)
    .alias("update")
    .argument("<plan>", "name or id")
    .option("--name <name>")
    .option("--description <text>")
    .option("--concurrency <number>", "most groups at work at once", concurrency)
    .description("change name, description or concurrency")
    .action((ref: string, options: PlanWish) =>
      act(async (context) => {
        if (Object.keys(options).length === 0)
          throw new UsageError("Say what to change: --name, --description, --concurrency.");
        await printChanged(context, await updateRecoveryPlan(context.sites, ref, () => options));
      }),
    );
}

interface PlaceOptions {
  readonly tier?: number;
  readonly after?: readonly string[];
  readonly delay?: number;
  readonly critical?: boolean;
}

function addGroupCommands(plans: Command, act: Act): void {
  yields(plans.command("add-group"), "record", RECORD)
    .argument("<plan>", "name or id")
    .argument("<group>", "name or id")
    .option("--tier <number>", "starts when every group of lower tiers has ended; default 0", wholeNumber(99))
    .option("--after <group...>", "starts only when these groups have been recovered")
    .option("--delay <seconds>", "wait so long after what it waits for", wholeNumber(3600))
    .option("--critical", "its failure holds every later tier")
    .description("put a protection group into a plan; one that is in it gets the new place")
    .action((ref: string, group: string, options: PlaceOptions) =>
      act(async (context) => {
        const id = await context.sites.groupId(group);
        const after = await Promise.all((options.after ?? []).map((one) => context.sites.groupId(one)));
        const place: PlaceGroup = {
          protection_group_id: id,
          tier: options.tier ?? 0,
          depends_on: after,
          delay_seconds: options.delay ?? 0,
          is_critical: options.critical ?? false,
        };
        const changed = await updateRecoveryPlan(context.sites, ref, (plan) => {
          const places = placesOf(plan);
          const index = places.findIndex((one) => one.protection_group_id === id);
          return { groups: index < 0 ? [...places, place] : places.with(index, place) };
        });
        await printChanged(context, changed);
      }),
    );
  yields(plans.command("remove-group"), "record", RECORD)
    .argument("<plan>", "name or id")
    .argument("<group>", "name or id")
    .description("take a protection group out of a plan; nothing waits for it any more")
    .action((ref: string, group: string) =>
      act(async (context) => {
        const id = await context.sites.groupId(group).catch(() => group);
        const changed = await updateRecoveryPlan(context.sites, ref, (plan) => {
          const places = placesOf(plan);
          if (!places.some((one) => one.protection_group_id === id))
            throw new UsageError(`Group "${group}" is not in recovery plan "${plan.name}".`);
          const rest = places.filter((one) => one.protection_group_id !== id);
          const without = (ids: readonly string[] = []) => ids.filter((one) => one !== id);
          return { groups: rest.map((one) => ({ ...one, depends_on: without(one.depends_on) })) };
        });
        await printChanged(context, changed);
      }),
    );
}

function addRun(plans: Command, act: Act): void {
  withRunOptions(yields(plans.command("run"), "record", OPERATION_COLUMNS))
    .argument("<plan>", "name or id")
    .option("--at <site>", "site that runs it, when the groups run at both: it is where they come to")
    .description("fail over all groups of a plan, in order; or test them, replicate back, bring them home")
    .action((ref: string, { at, ...options }: RunOptions & { readonly at?: string }) =>
      act((context) =>
        recover(context, {
          command: "recovery-plan run",
          type: "site_failover",
          ref,
          subject: async () => (await findRecoveryPlan(context.sites, ref)).plan.id,
          wish: { ...runWish(options), ...(at === undefined ? {} : { at }) },
          options,
          ask: (wish, how) => runRecoveryPlan(context.sites, ref, { ...wish, ...howOf(how) }),
          ...runManners(context),
        }),
      ),
    );
}

function placesOf({ groups = [] }: RecoveryPlan): PlaceGroup[] {
  return groups.map(({ protection_group_id, tier, depends_on, delay_seconds, is_critical }) => {
    return { protection_group_id, tier, depends_on: [...depends_on], delay_seconds, is_critical };
  });
}

async function show(context: CommandContext, ref: string): Promise<void> {
  const { plan, client, silence } = await findRecoveryPlan(context.sites, ref);
  if (silence) context.warn(`${silence.site} does not answer; shown as ${client.name} knows it.`);
  await print(context, plan, client);
}

async function printChanged(
  context: CommandContext,
  { value, client, delivery }: Changed<RecoveryPlan>,
): Promise<void> {
  tell(context, delivery);
  await print(context, value, client);
}

async function print({ printer }: CommandContext, plan: RecoveryPlan, client: SiteClient): Promise<void> {
  const names = new Map((await client.all("site_summaries.index")).map(({ id, name }) => [id, name]));
  printer.record({ ...plan, siteName: (id: string) => names.get(id) ?? id }, RECORD);
}

/** Tells of a change that the other site has not heard of. */
function tell(context: CommandContext, delivery: Changed<RecoveryPlan>["delivery"]): void {
  if (delivery.isDelivered) return;
  const { failure } = delivery;
  context.warn(
    `The change is made, but ${failure.site} does not know it yet: ${sentence(failure.message)} The next command on recovery plans tells it: protector recovery-plan list`,
  );
  context.worsen(failure.isSilence ? EXIT.peerUnreachable : EXIT.done);
}

function groupText({ groups = [], siteName }: ShownPlan, group: RecoveryPlanGroup): string {
  const nameOf = (id: string) => groups.find((one) => one.protection_group_id === id)?.name ?? id;
  const { name, status, member_count: count } = group;
  const facts =
    name === null
      ? ["not known here"]
      : [
          `${status} at ${group.primary_site_id === null ? "?" : siteName(group.primary_site_id)}`,
          count === 1 ? "1 member" : `${count} members`,
          group.is_failover_ready === null ? "not checked" : group.is_failover_ready ? "ready" : "not ready",
          group.expected_seconds === null ? "" : `took ${durationText(group.expected_seconds)}`,
        ];
  const order = [
    group.depends_on.length === 0 ? "" : `after ${group.depends_on.map(nameOf).join(", ")}`,
    group.delay_seconds === 0 ? "" : `${group.delay_seconds} s later`,
    group.is_critical ? "critical" : "",
  ];
  const text = [...facts, ...order].filter(Boolean).join(", ");
  return `tier ${group.tier}: ${name ?? group.protection_group_id}: ${text}`;
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from 0 to ${most} is needed.`);
  };
}
