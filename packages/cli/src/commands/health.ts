import type { SiteClient } from "@protector/client";
import type { Health, PodHealth, ReplicationHealth } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption } from "./find.ts";

const SITES: readonly Column<Health["sites"][number]>[] = [
  { name: "site", cell: ({ name, is_local }) => (is_local ? `${name} (asked)` : name) },
  { name: "status" },
  { name: "seen_at", isTime: true },
  { name: "reason", isWrapped: true },
];

const COMPONENTS: readonly Column<Health["components"][number]>[] = [
  { name: "component", cell: ({ name }) => name },
  { name: "host" },
  { name: "status" },
  { name: "seen_at", isTime: true },
  { name: "reason", isWrapped: true },
];

const GROUPS: readonly Column<ReplicationHealth>[] = [
  { name: "protection_group", cell: ({ name }) => name },
  { name: "failover_ready", cell: ({ failover_ready }) => yesNo(failover_ready) },
  { name: "protection" },
  { name: "lag", cell: lagText },
  { name: "rpo", cell: ({ rpo_minutes }) => (rpo_minutes === null ? null : durationText(rpo_minutes * 60)) },
  { name: "rpo_met", cell: ({ is_rpo_met }) => yesNo(is_rpo_met) },
  { name: "sync_status" },
  { name: "critical", cell: ({ critical_findings }) => critical_findings },
  { name: "warnings" },
];

const RECORD: readonly Column<Health>[] = [
  { name: "status" },
  { name: "checked_at" },
  { name: "sites", cell: ({ sites }) => sites.map(({ name, status }) => `${name}: ${status}`).join("\n") },
  {
    name: "components",
    cell: ({ components }) => components.map(({ name, status }) => `${name}: ${status}`).join("\n"),
  },
  { name: "protection_groups", cell: (health) => health.protection_groups.map(groupText).join("\n") },
];

function yesNo(value: boolean | null): string {
  return value === null ? "not known" : value ? "yes" : "no";
}

/** Of a group in a pod how its halves are; lag is of what is sent. */
function lagText({ replication_lag_seconds: lag, pod }: ReplicationHealth): string {
  if (pod) return podText(pod);
  return lag === null ? "no point" : durationText(lag);
}

function podText({ halves }: PodHealth): string {
  const behind = halves.filter(({ status }) => status !== "online");
  if (behind.length === 0) return "in sync";
  return behind
    .map(({ array, status, progress }) => `${array} ${status}${progress === null ? "" : ` ${percent(progress)}`}`)
    .join(", ");
}

function percent(progress: number): string {
  return `${Math.floor(progress * 100)} %`;
}

function groupText(group: ReplicationHealth): string {
  return `${group.name}: ready ${yesNo(group.failover_ready)}, lag ${lagText(group)}, RPO met ${yesNo(group.is_rpo_met)}`;
}

/** `protector health`, `protector health show` */
export function addHealthCommand(program: Command, act: Act): void {
  const health = program.command("health").description("how sites, services and protection groups are");
  atSite(yields(health.command("show", { isDefault: true }), "record", RECORD))
    .description("show how everything is that a recovery would need; exit code 3 when something of it is critical")
    .action((options: SiteOption) => act((context) => showHealth(context, options)));
}

async function showHealth(context: CommandContext, { site }: SiteOption): Promise<void> {
  const client: SiteClient = site === undefined ? context.near.client : await context.siteNamed(site);
  const { health } = await client.call("health.show", {});
  const { printer } = context;
  if (printer.format === "table" && printer.picks.length === 0) printHealth(context, health);
  else printer.record(health, RECORD);
  if (health.status === "critical") context.worsen(EXIT.refusedByState);
}

function printHealth({ printer }: CommandContext, { status, sites, components, counts, protection_groups }: Health) {
  const all = counts.protection_groups;
  printer.write(`Health: ${status}\n`);
  printer.write(
    `Protection groups: ${all}; ${counts.failover_ready} ready to fail over, ${counts.rpo_met} within their RPO, ${counts.in_sync} in sync\n\n`,
  );
  printer.list(sites, SITES);
  printer.write("\n");
  printer.list(components, COMPONENTS);
  if (all === 0) return;
  printer.write("\n");
  printer.list(protection_groups, GROUPS);
}
