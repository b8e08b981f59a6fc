import {
  clientError,
  groupIdAt,
  type PageRequest,
  type ReachableView,
  replacePeer,
  replicateNow,
} from "@protector/client";
import {
  KEPT_CHOICES,
  type KeptChoice,
  type ProtectionGroup,
  REPLICATION_TYPES,
  type ReplicationType,
} from "@protector/contract";
import { type Command, Option } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { finish } from "../follow.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption } from "./find.ts";
import { type DeletionWish, deleteGroups } from "./group-deletion.ts";
import { KEY_OPTION } from "./idempotency.ts";
import { OPERATION_COLUMNS, OPERATION_LIST } from "./operation-columns.ts";
import { paged } from "./paging.ts";

const LIST: readonly Column<ProtectionGroup>[] = [
  { name: "id" },
  { name: "name" },
  { name: "status" },
  { name: "protection" },
  { name: "is_primary_here" },
  { name: "sync_status" },
  { name: "member_count" },
  { name: "is_failover_ready" },
  { name: "last_recovery_point_at", isTime: true },
];

type SiteName = (id: string) => string;

/** The words of the fields follow the service's documentation: `current_primary_site`, `last_replication_at`. */
const recordColumns = (site: SiteName): readonly Column<ProtectionGroup>[] => [
  { name: "id" },
  { name: "name" },
  { name: "description" },
  { name: "status" },
  { name: "protection" },
  { name: "protection_reason" },
  { name: "replication_type" },
  { name: "home_site", cell: (group) => site(group.home_site_id) },
  { name: "current_primary_site", cell: (group) => site(group.primary_site_id) },
  { name: "peer_site", cell: (group) => site(group.peer_site_id) },
  { name: "sync_status" },
  { name: "generation" },
  { name: "epoch" },
  { name: "member_count" },
  { name: "is_failover_ready" },
  { name: "last_replication_at", isTime: true, cell: (group) => group.last_recovery_point_at },
  { name: "current_operation_id" },
  { name: "project_id" },
  { name: "created_at", isTime: true },
  { name: "updated_at", isTime: true },
];

const RECORD = recordColumns((id) => id);

/** Shows a group as its primary knows it, else as the site that answers does. */
async function showGroup(context: CommandContext, ref: string): Promise<void> {
  const { views, primary } = await context.sites.inspectAndMend(ref);
  const reachable = views.filter((view): view is ReachableView => view.isReachable);
  for (const view of views)
    if (!view.isReachable) context.warn(`${view.name} does not answer: ${view.failure.message}`);
  const shown = primary.isReachable ? primary : reachable.find((view) => view.group);
  if (!shown?.group) {
    const detail = `Protection group "${ref}" is deleted on ${primary.name}.`;
    throw clientError("protection_group.not_found", primary.name, detail);
  }
  // A failover runs at the site that the servers come to: the primary does not show it before its end.
  for (const { name, group } of reachable)
    if (group?.current_operation_id && group.current_operation_id !== shown.group.current_operation_id)
      context.warn(`Operation ${group.current_operation_id} has the group in hand at ${name} (${group.status}).`);
  const names = new Map(reachable.map((view) => [view.siteId, view.name]));
  context.printer.record(
    shown.group,
    recordColumns((id) => names.get(id) ?? id),
  );
}

/** Shows a group as one site has it, whoever is its primary. */
async function showGroupAt(context: CommandContext, ref: string, site: string): Promise<void> {
  const client = await context.siteNamed(site);
  const path = { id: await groupIdAt(client, ref) };
  const { protection_group } = await client.call("protection_groups.show", { path });
  const names = new Map((await client.all("site_summaries.index")).map(({ id, name }) => [id, name]));
  context.printer.record(
    protection_group,
    recordColumns((id) => names.get(id) ?? id),
  );
}

/** `protector protection-group …` */
export function addProtectionGroupCommands(program: Command, act: Act): Command {
  const groups = program.command("protection-group").alias("pg").description("protection groups");
  yields(groups.command("create"), "record", RECORD)
    .argument("<name>")
    .option("--description <text>")
    .addOption(
      new Option("--replication-type <type>", "sync: its volumes are in a pod stretched over both arrays").choices(
        REPLICATION_TYPES,
      ),
    )
    .option(...KEY_OPTION)
    .description("create a group whose servers run at --os-cloud and recover at the secondary cloud")
    .action((name: string, { replicationType, ...options }: CreateOptions) =>
      act(async (context) => {
        const type = replicationType === undefined ? {} : { replication_type: replicationType };
        const { value, delivery } = await context.sites.createGroup({ name, ...options, ...type });
        context.report(delivery);
        await showGroup(context, value.id);
      }),
    );
  paged(atSite(yields(groups.command("list"), "list", LIST)))
    .option("--name <name>", "only the group of this name")
    .option("--status <status>", "only groups in this status")
    .description("list the groups of the project")
    .action(({ site, name, status, ...part }: GroupFilters) =>
      act(async (context) => {
        const query = { ...(name === undefined ? {} : { name }), ...(status === undefined ? {} : { status }) };
        const groups =
          site === undefined
            ? await context.sites.listGroups(query, part)
            : await (await context.siteNamed(site)).page("protection_groups.index", part, { query });
        context.printer.list(groups, LIST);
      }),
    );
  atSite(yields(groups.command("show"), "record", RECORD))
    .argument("<group>", "name or id")
    .description("show a group")
    .action((ref: string, { site }: SiteOption) =>
      act((context) => (site === undefined ? showGroup(context, ref) : showGroupAt(context, ref, site))),
    );
  yields(groups.command("set"), "record", RECORD)
    .argument("<group>", "name or id")
    .option("--name <name>")
    .option("--description <text>")
    .description("change name or description")
    .action((ref: string, options: { name?: string; description?: string }) =>
      act(async (context) => {
        if (Object.keys(options).length === 0) throw new UsageError("Nothing to change: use --name or --description.");
        const { value, delivery } = await context.sites.change(ref, (primary, id) =>
          primary.call("protection_groups.update", { path: { id }, body: { protection_group: options } }),
        );
        context.report(delivery);
        await showGroup(context, value.protection_group.id);
      }),
    );
  yields(groups.command("delete"), "list", OPERATION_LIST)
    .argument("<group...>", "names or ids")
    .option("--peer-lost", "the other site is lost for good: delete with all members, without it")
    .option("--reason <text>", "with --peer-lost: why that is certain; kept in the audit")
    .addOption(
      new Option(
        "--kept-snapshots <what>",
        "what volumes held that is nowhere else: deleted too, or left on the arrays",
      ).choices(KEPT_CHOICES),
    )
    .description("delete groups without members; their servers are not touched")
    .action((refs: string[], { keptSnapshots: kept, ...options }: DeleteOptions) =>
      act((context) => deleteGroups(context, refs, { ...options, kept })),
    );
  yields(groups.command("replace-peer"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .requiredOption("--reason <text>", "why it is certain that the old second site is lost for good; kept in the audit")
    .option("--secondary-fa-url <url>", "array at the new second site")
    .option("--secondary-fa-api-token <token>", "its API token")
    .option("--secondary-backend <name>", "its section of protector.conf, in place of URL and token")
    .option(...KEY_OPTION)
    .description("give a group a new second site, the secondary cloud, and send everything there")
    .action((ref: string, options: ReplacementOptions) => act((context) => replace(context, ref, options)));
  yields(groups.command("replicate"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .option(...KEY_OPTION)
    .description("replicate now, and wait until the recovery point is usable")
    .action((ref: string, options: { idempotencyKey?: string }) => act((context) => replicate(context, ref, options)));
  return groups;
}

interface DeleteOptions extends Omit<DeletionWish, "kept"> {
  readonly keptSnapshots?: KeptChoice;
}

interface GroupFilters extends SiteOption, PageRequest {
  readonly name?: string;
  readonly status?: string;
}

interface ReplacementOptions {
  readonly reason: string;
  readonly secondaryFaUrl?: string;
  readonly secondaryFaApiToken?: string;
  readonly secondaryBackend?: string;
  readonly idempotencyKey?: string;
}

async function replace(context: CommandContext, ref: string, options: ReplacementOptions): Promise<void> {
  const { host } = context;
  if (!context.options.yes) {
    if (!host.ask)
      throw new UsageError("Nobody is at the terminal to confirm. Use --yes to start without being asked.");
    const { name } = await context.sites.far();
    const question = `${name} becomes the second site of "${ref}". Everything that the lost one had is forgotten: mappings, recovery points, what it owes. Type "yes" to go on: `;
    if ((await host.ask(question)).trim() !== "yes") {
      context.note("Not confirmed; nothing has been changed.");
      return context.worsen(EXIT.error);
    }
  }
  const { secondaryFaUrl, secondaryFaApiToken, secondaryBackend, reason, idempotencyKey } = options;
  const running = await replacePeer(context.sites, ref, {
    reason,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(secondaryFaUrl === undefined ? {} : { secondaryUrl: secondaryFaUrl }),
    ...(secondaryFaApiToken === undefined ? {} : { secondaryToken: secondaryFaApiToken }),
    ...(secondaryBackend === undefined ? {} : { secondaryBackend }),
  });
  const groupId = running.operation.protection_group_id;
  context.printer.record(await finish(context, running, groupId), OPERATION_COLUMNS);
  context.note(`Mappings led to the lost site and are gone. See what fits now: protector mapping suggest ${ref}`);
}

interface CreateOptions {
  readonly description?: string;
  readonly idempotencyKey?: string;
  readonly replicationType?: ReplicationType;
}

async function replicate(
  context: CommandContext,
  ref: string,
  options: { readonly idempotencyKey?: string },
): Promise<void> {
  const running = await replicateNow(context.sites, ref, options);
  const operation = await finish(context, running, running.operation.protection_group_id);
  context.printer.record(operation, OPERATION_COLUMNS);
}
