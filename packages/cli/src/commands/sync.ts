import {
  type FieldDifference,
  type ForcedSync,
  type ForceRequest,
  hasCode,
  type SiteSync,
  type SyncComparison,
  syncForce,
  syncStatus,
} from "@protector/client";
import type { SyncReceipt } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";

const SITES: readonly Column<SiteSync>[] = [
  { name: "site" },
  { name: "role", cell: ({ isPrimary }) => (isPrimary ? "primary" : "secondary") },
  { name: "remote_status", cell: ({ isReachable }) => (isReachable ? "reachable" : "UNREACHABLE") },
  { name: "epoch" },
  { name: "generation" },
  { name: "digest", cell: ({ digest }) => digest?.slice(0, 12) },
  { name: "reason", isWrapped: true },
];

const STATUS: readonly Column<SyncComparison>[] = [
  { name: "status" },
  { name: "reason" },
  { name: "remedy" },
  { name: "sites", cell: ({ sites }) => sites.map(siteText).join("\n") },
  { name: "differences", cell: differencesText },
];

/** Side by side: what each site says, under its name. */
const differenceColumns = ({ sites }: SyncComparison): readonly Column<FieldDifference>[] => [
  { name: "field" },
  ...sites.map(({ site }, i) => ({
    name: site,
    isWrapped: true,
    cell: ({ values }: FieldDifference) => values[i] ?? "(nothing)",
  })),
];

function differencesText({ sites, differences }: SyncComparison): string {
  const line = ({ field, values }: FieldDifference) =>
    `${field}: ${sites.map(({ site }, i) => `${site}: ${values[i] ?? "(nothing)"}`).join(" | ")}`;
  return differences.map(line).join("\n");
}

const FORCED: readonly Column<Omit<ForcedSync, "receipt"> & Pick<SyncReceipt, "epoch" | "generation">>[] = [
  { name: "status", cell: () => "IN SYNC" },
  { name: "from" },
  { name: "to" },
  { name: "epoch" },
  { name: "generation" },
  { name: "is_overruled", cell: ({ isOverruled }) => isOverruled },
];

function siteText({ site, isPrimary, isReachable, epoch, generation, digest, reason }: SiteSync): string {
  const role = isPrimary ? "primary" : "secondary";
  if (!isReachable) return `${site} (${role}): UNREACHABLE: ${reason}`;
  if (reason !== null) return `${site} (${role}): ${reason}`;
  return `${site} (${role}): reachable, epoch ${epoch}, generation ${generation}, digest ${digest?.slice(0, 12)}`;
}

/** Characters of a reason for overruling a site. */
const LEAST_REASON = 10;

/** `protector protection-group sync-status | sync-force` */
export function addSyncCommands(groups: Command, act: Act): void {
  yields(groups.command("sync-status"), "record", STATUS)
    .argument("<group>", "name or id")
    .description("compare the two sites' descriptions of a group; changes nothing")
    .action((ref: string) => act((context) => showStatus(context, ref)));
  yields(groups.command("sync-force"), "record", FORCED)
    .argument("<group>", "name or id")
    .option("--from <site>", "site whose description wins when both claim the same generation")
    .option("--reason <text>", "why; kept in the audit, needed to overrule a site")
    .description("push the description of the authoritative site to the other")
    .action((ref: string, options: ForceRequest) =>
      act(async (context) => {
        const { receipt, ...told } = await force(context, ref, options);
        const shown = { status: "IN SYNC", ...told, epoch: receipt.epoch, generation: receipt.generation };
        context.printer.record(shown, FORCED);
      }),
    );
}

async function showStatus(context: CommandContext, ref: string): Promise<void> {
  const comparison = await syncStatus(context.sites, ref);
  const { printer } = context;
  const isTable = printer.format === "table" && printer.picks.length === 0;
  if (printer.picks.length === 0) printer.tell(`Sync Status: ${comparison.status}\n\n`);
  if (isTable) tellComparison(context, comparison);
  else printer.record(comparison, printer.format === "exchange" ? STATUS : STATUS.slice(0, 1));
  if (comparison.status === "UNREACHABLE") context.worsen(EXIT.peerUnreachable);
  else if (comparison.status !== "IN SYNC") context.worsen(EXIT.refusedByState);
}

function tellComparison({ printer }: CommandContext, comparison: SyncComparison): void {
  const { sites, differences, reason, remedy } = comparison;
  printer.list(sites, SITES);
  if (reason !== null) printer.tell(`\n${reason}\n${remedy}\n`);
  if (differences.length > 0) {
    printer.tell(`\nWhere the descriptions differ (${differences.length}):\n\n`);
    printer.list(differences, differenceColumns(comparison));
  } else if (comparison.status === "CONFLICT")
    printer.tell("\nField by field the descriptions are the same; only what the sites remember of them differs.\n");
}

/** Before a site is overruled people see what both say, side by side; who is at the terminal then chooses. */
async function force(context: CommandContext, ref: string, request: ForceRequest): Promise<ForcedSync> {
  try {
    return await syncForce(context.sites, ref, request);
  } catch (error) {
    if (!hasCode(error, "sync.conflict")) throw error;
    const comparison = await syncStatus(context.sites, ref);
    if (context.printer.format === "table") {
      tellComparison(context, comparison);
      context.printer.tell("\n");
    }
    const choice = await choiceOf(context, comparison, request);
    if (!choice) throw error;
    return syncForce(context.sites, ref, choice);
  }
}

/** What the request leaves open is asked; undefined = nobody is there to answer, or no answer was given. */
async function choiceOf(
  { host }: CommandContext,
  { sites }: SyncComparison,
  request: ForceRequest,
): Promise<ForceRequest | undefined> {
  if (!host.ask) return undefined;
  const names = sites.map(({ site }) => site);
  const question = `Whose description is right, ${names.join(" or ")}? Nothing typed = stop: `;
  const from = request.from ?? (await host.ask(question)).trim();
  const loser = names.find((name) => name !== from);
  if (!names.includes(from) || loser === undefined) return undefined;
  const why = `What ${loser} says is overruled, and kept in its audit. Why (at least ${LEAST_REASON} characters)? `;
  const reason = request.reason ?? (await host.ask(why)).trim();
  return reason.length < LEAST_REASON ? undefined : { from, reason };
}
