import type { Member, MemberNicSettings, ResourceMapping } from "@protector/contract";
import type { Command } from "commander";
import { stringify } from "yaml";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { MAPPING_COLUMNS, NIC_COLUMNS } from "../mapping-files/cell.ts";
import { csvText } from "../mapping-files/csv.ts";
import { labelIn, nicCells, type OtherSite } from "../mapping-files/nic-row.ts";
import type { Act } from "./command.ts";
import { readingSite } from "./find.ts";
import { type MappedSites, sitesOfGroup } from "./mapped-sites.ts";
import { ResourceNames } from "./resource-names.ts";

/** What is exported, and compared with what is imported. */
export interface HeldMappings {
  readonly mappings: readonly ResourceMapping[];
  readonly nics: readonly MemberNicSettings[];
}

interface ExportOptions {
  readonly as?: string;
  readonly nics?: boolean;
}

/** `protector mapping export`: what `mapping import` reads. */
export function addMappingExport(mappings: Command, act: Act): void {
  mappings
    .command("export")
    .argument("[group]", "name or id; without it the project's defaults")
    .option("--as <yaml|csv>", "yaml holds mappings and NICs, csv one of the two", "yaml")
    .option("--nics", "with --as csv: every network interface of the members instead of the mappings")
    .description("write mappings and the settings of network interfaces, with names, to be edited and imported")
    .action((ref: string | undefined, options: ExportOptions) =>
      act((context) => exportMappings(context, ref, options)),
    );
}

async function exportMappings(context: CommandContext, ref: string | undefined, { as, nics }: ExportOptions) {
  if (as !== "yaml" && as !== "csv") throw new UsageError("--as knows: yaml, csv");
  if (nics && as !== "csv") throw new UsageError("--nics goes with --as csv; yaml holds both.");
  if (nics && ref === undefined) throw new UsageError("--nics needs a group: defaults have no network interfaces.");
  const { sites, held, members } = await subjectOf(context, ref);
  const named = async () => namedMappings(held.mappings, sites);
  const interfaces = async () => {
    const [home, other] = await Promise.all([sites.home.cloud.network.listNetworks({}), otherSite(sites.other)]);
    return nicRows(held, members, { other, networkAtHome: labelIn(home), all: as === "csv" });
  };
  if (nics) return write(context, csvText([NIC_COLUMNS, ...(await interfaces()).map(inOrder(NIC_COLUMNS))]));
  const pairs = await named();
  if (as === "csv") return write(context, csvText([MAPPING_COLUMNS, ...pairs.map(inOrder(MAPPING_COLUMNS))]));
  const byKind: Record<string, Record<string, string>> = {};
  for (const { kind, source, target } of pairs) byKind[kind] = { ...byKind[kind], [source]: target };
  const settings = await interfaces();
  write(context, stringify({ mappings: byKind, ...(settings.length > 0 ? { nics: settings } : {}) }));
}

/** A file as it is; the plugin of openstackclient takes text as an object of its own. */
function write({ printer }: CommandContext, text: string): void {
  printer.write(printer.format === "exchange" ? `${JSON.stringify({ text })}\n` : text);
}

function inOrder<Name extends string>(
  names: readonly Name[],
): (row: Readonly<Partial<Record<Name, string>>>) => string[] {
  return (row) => names.map((name) => row[name] ?? "");
}

async function subjectOf(context: CommandContext, ref: string | undefined) {
  if (ref === undefined) {
    const sites: MappedSites = { home: context.near, other: await context.far() };
    const { mappings } = await context.sites.near.call("mappings.show_defaults");
    return { sites, held: { mappings, nics: [] } satisfies HeldMappings, members: [] as Member[] };
  }
  const { client, id } = await readingSite(context, ref);
  const [held, members, sites] = await Promise.all([
    client.call("mappings.show", { path: { id } }),
    client.all("members.index", { path: { id } }),
    sitesOfGroup(context, client, id),
  ]);
  return { sites, held, members };
}

/** Pairs under the names that people know, where a name says it. */
export async function namedMappings(mappings: readonly ResourceMapping[], { home, other }: MappedSites) {
  const [here, there] = [new ResourceNames(home), new ResourceNames(other)];
  return Promise.all(
    mappings.map(async ({ kind, source_id, target_id }) => ({
      kind,
      source: await here.labelOf(kind, source_id),
      target: await there.labelOf(kind, target_id),
    })),
  );
}

/** Lists what settings of network interfaces can name. */
export async function otherSite({ client, cloud }: SiteHandle): Promise<OtherSite> {
  const { projectId } = (await cloud.token()).content;
  const [networks, subnets, securityGroups] = await Promise.all([
    cloud.network.listNetworks({}),
    cloud.network.listSubnets({}),
    cloud.network.listSecurityGroups(projectId === undefined ? {} : { projectId }),
  ]);
  return { name: client.name, networks, subnets, securityGroups };
}

/** A row for each interface with settings; with `all` for every other one too, to be filled in. */
function nicRows(
  { nics }: HeldMappings,
  members: readonly Member[],
  {
    other,
    networkAtHome,
    all,
  }: { readonly other: OtherSite; readonly networkAtHome: (id: string) => string; readonly all: boolean },
) {
  return members.flatMap((member) =>
    (member.description?.ports ?? []).flatMap((port) => {
      const mac = port.mac_address.toLowerCase();
      const own = nics.filter(({ member_id, mac_address }) => member_id === member.id && mac_address === mac);
      const rows = own.map((settings) => ({ settings, set: settings.is_test ? "test" : "recovery" }));
      const shown = rows.length > 0 || !all ? rows : [{ settings: undefined, set: "recovery" }];
      const now = {
        now_network: networkAtHome(port.network_id),
        now_addresses: port.fixed_ips.map(({ address }) => address).join("; "),
      };
      return shown.map(({ settings, set }) => {
        return { member: member.name, nic: mac, ...(all ? now : {}), set, ...nicCells(settings, other) };
      });
    }),
  );
}
