import {
  type FieldDifference,
  type ForcedSync,
  type SiteSync,
  type SyncComparison,
  syncForce,
  syncStatus,
} from "@protector/client";
import type { CheckResult, Readiness, SyncReceipt } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, TimedOut } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { durationText, timeText } from "../output/duration.ts";
import { type Act, yields } from "./command.ts";
import { atSite, readingSite, type SiteOption } from "./find.ts";

const SITES: readonly Column<SiteSync>[] = [
  { name: "site" },
  { name: "role", cell: ({ isPrimary }) => (isPrimary ? "primary" : "secondary") },
  { name: "remote_status", cell: ({ isReachable }) => (isReachable ? "reachable" : "UNREACHABLE") },
  { name: "epoch" },
  { name: "generation" },
  { name: "digest", cell: ({ digest }) => digest?.slice(0, 12) },
  { name: "reason", isWrapped: true },
];

const CHECKS: readonly Column<CheckResult>[] = [
  { name: "result" },
  { name: "check" },
  { name: "subject" },
  { name: "reason", isWrapped: true },
  { name: "remedy", isWrapped: true },
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

const READINESS: readonly Column<Readiness>[] = [
  { name: "is_failover_ready" },
  { name: "checked_at" },
  { name: "checks", cell: ({ checks }) => checks.map(checkText).join("\n") },
];

function siteText({ site, isPrimary, isReachable, epoch, generation, digest, reason }: SiteSync): string {
  const role = isPrimary ? "primary" : "secondary";
  if (!isReachable) return `${site} (${role}): UNREACHABLE: ${reason}`;
  if (reason !== null) return `${site} (${role}): ${reason}`;
  return `${site} (${role}): reachable, epoch ${epoch}, generation ${generation}, digest ${digest?.slice(0, 12)}`;
}

function checkText({ result, check, subject, reason, remedy }: CheckResult): string {
  return `${result}: ${check}: ${subject}: ${reason}${remedy ? ` Remedy: ${remedy}` : ""}`;
}

/** Time that an engine has for a readiness run before the command gives up, s. */
const READINESS_TIMEOUT = 120;
const POLL_MS = 1000;

/** `protector protection-group sync-status | sync-force | readiness` */
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
    .action((ref: string, options: { from?: string; reason?: string }) =>
      act(async (context) => {
        const { receipt, ...told } = await syncForce(context.sites, ref, options);
        const shown = { status: "IN SYNC", ...told, epoch: receipt.epoch, generation: receipt.generation };
        context.printer.record(shown, FORCED);
      }),
    );
  atSite(yields(groups.command("readiness"), "record", READINESS))
    .argument("<group>", "name or id")
    .option("--check", "look now instead of showing the last result")
    .description("show whether a failover would succeed; exit code 3 when it would not")
    .action((ref: string, options: ReadinessOptions) => act((context) => showReadiness(context, ref, options)));
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

interface ReadinessOptions extends SiteOption {
  readonly check?: boolean;
}

async function showReadiness(
  context: CommandContext,
  ref: string,
  { check: isAsked = false, ...at }: ReadinessOptions,
): Promise<void> {
  const { client, id } = await readingSite(context, ref, at);
  const path = { id };
  let { readiness } = await client.call("readiness.show", { path });
  if (isAsked) {
    const before = readiness.checked_at;
    await client.call("readiness.check", { path });
    readiness = await newReadiness(
      context,
      before,
      async () => (await client.call("readiness.show", { path })).readiness,
    );
  }
  const { printer } = context;
  if (printer.format === "table" && printer.picks.length === 0) {
    const verdict =
      readiness.is_failover_ready === null ? "not checked yet" : readiness.is_failover_ready ? "yes" : "no";
    printer.write(`Failover ready: ${verdict}\nChecked at: ${timeText(readiness.checked_at) ?? "never"}\n`);
    if (readiness.checks.length > 0) printer.write("\n");
    if (readiness.checks.length > 0) printer.list(readiness.checks, CHECKS);
  } else {
    printer.record(readiness, printer.format === "exchange" ? READINESS : READINESS.slice(0, 2));
  }
  if (readiness.is_failover_ready !== true) context.worsen(EXIT.refusedByState);
}

async function newReadiness(
  { host, options }: CommandContext,
  before: string | null,
  look: () => Promise<Readiness>,
): Promise<Readiness> {
  const limit = options.timeout ?? READINESS_TIMEOUT;
  const until = host.clock.now() + limit * 1000;
  for (;;) {
    await host.clock.sleep(POLL_MS, host.interrupt);
    const readiness = await look();
    if (readiness.checked_at !== null && readiness.checked_at !== before) return readiness;
    if (host.clock.now() >= until)
      throw new TimedOut(`No engine has checked the group within ${durationText(limit)}. Is protector-engine running?`);
  }
}
