import { type GroupMapping, MAPPING_KINDS, type MappingKind, type ResourceMapping } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { collect } from "../global-options.ts";
import { FileProblems } from "../mapping-files/cell.ts";
import { type TypedPair, typedPair } from "../mapping-files/pair-row.ts";
import { readMappingFile } from "../mapping-files/read.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, readingSite, type SiteOption } from "./find.ts";
import { type MappedSites, merged, replaceDefaults, sitesOfGroup } from "./mapped-sites.ts";
import { addMappingExport } from "./mapping-export.ts";
import { addMappingImport } from "./mapping-import.ts";
import { addMappingSuggest } from "./mapping-suggest.ts";
import { ResourceNames } from "./resource-names.ts";

/** Defaults have no origin: they are one. */
type ShownMapping = ResourceMapping & Partial<Pick<GroupMapping, "origin">>;

const LIST: readonly Column<ShownMapping>[] = [
  { name: "kind" },
  { name: "source_id" },
  { name: "target_id" },
  { name: "origin" },
];

type NamedMapping = ShownMapping & { readonly source?: string | undefined; readonly target?: string | undefined };

const NAMED_LIST: readonly Column<NamedMapping>[] = [
  { name: "kind" },
  { name: "source" },
  { name: "target" },
  { name: "origin" },
  { name: "source_id", isMinor: true },
  { name: "target_id", isMinor: true },
];

interface SetOptions extends Readonly<Record<string, unknown>> {
  readonly fromFile?: string;
  readonly replace?: boolean;
}

/** `protector mapping …`: without a group, what holds for every group that does not say otherwise. */
export function addMappingCommands(program: Command, act: Act): void {
  const mappings = program.command("mapping").description("what a resource of one site is on the other");
  atSite(yields(mappings.command("show"), "list", NAMED_LIST))
    .alias("list")
    .argument("[group]", "name or id; without it the project's defaults")
    .description("show the mappings, from the home site to the other")
    .action((ref: string | undefined, options: SiteOption) => act((context) => show(context, ref, options)));
  const set = yields(mappings.command("set"), "list", NAMED_LIST)
    .argument("[group]", "name or id; without it the project's defaults")
    .description("add or change mappings; A is at the home site, B at the other, names or ids");
  for (const kind of MAPPING_KINDS) set.option(`--${kind.replaceAll("_", "-")} <A=B>`, "may be repeated", collect);
  set
    .option("--from-file <path>", "YAML, JSON or CSV: {network: {A: B}, …}, or kind,source,target")
    .option("--replace", "drop every mapping that is not named")
    .action((ref: string | undefined, options: SetOptions) => act((context) => setMappings(context, ref, options)));
  addMappingSuggest(mappings, act);
  addMappingExport(mappings, act);
  addMappingImport(mappings, act);
}

async function show(context: CommandContext, ref: string | undefined, options: SiteOption): Promise<void> {
  if (ref === undefined) {
    const at = options.site === undefined ? context.sites.near : await context.siteNamed(options.site);
    const { mappings } = await at.call("mappings.show_defaults");
    const isNear = at === context.sites.near;
    return print(context, mappings, async () => {
      const far = await context.far();
      return isNear ? { home: context.near, other: far } : { home: far, other: context.near };
    });
  }
  const { client, id } = await readingSite(context, ref, options);
  const { mappings } = await client.call("mappings.show", { path: { id } });
  return print(context, mappings, () => sitesOfGroup(context, client, id));
}

/** People get the names as well, as far as the clouds tell them. */
async function print(
  context: CommandContext,
  mappings: readonly ShownMapping[],
  sites: () => Promise<MappedSites>,
): Promise<void> {
  const { printer } = context;
  const known = printer.isForPeople && mappings.length > 0 ? await sites().catch(() => undefined) : undefined;
  if (!known) return printer.list(mappings, LIST);
  const [home, other] = [new ResourceNames(known.home), new ResourceNames(known.other)];
  const named = mappings.map(async (pair) => ({
    ...pair,
    source: await home.nameOf(pair.kind, pair.source_id),
    target: await other.nameOf(pair.kind, pair.target_id),
  }));
  printer.list(await Promise.all(named), NAMED_LIST);
}

async function setMappings(context: CommandContext, ref: string | undefined, options: SetOptions): Promise<void> {
  const typed = [...fileOf(context, options.fromFile), ...optionsOf(options)];
  if (typed.length === 0 && !options.replace) throw new UsageError("Nothing to map: use --network A=B and the like.");
  if (ref === undefined) return setDefaults(context, typed, options.replace ?? false);
  const { value, client, delivery } = await context.sites.change(ref, async (primary, id) => {
    const pairs = await resolve(await sitesOfGroup(context, primary, id), typed);
    const current = options.replace ? [] : (await primary.call("mappings.show", { path: { id } })).mappings;
    return primary.call("mappings.update", { path: { id }, body: { mappings: merged(current, pairs) } });
  });
  context.report(delivery);
  await print(context, value.mappings, async () => sitesOfGroup(context, client, await context.sites.groupId(ref)));
}

/** Defaults are of one site: what its own new groups start with. */
async function setDefaults(context: CommandContext, typed: readonly TypedPair[], isReplacing: boolean): Promise<void> {
  const { near } = context.sites;
  const sites = { home: context.near, other: await context.far() };
  const pairs = await resolve(sites, typed);
  const current = isReplacing ? [] : (await near.call("mappings.show_defaults")).mappings;
  const mappings = await replaceDefaults(context, merged(current, pairs));
  await print(context, mappings, async () => sites);
}

async function resolve({ home, other }: MappedSites, typed: readonly TypedPair[]): Promise<readonly ResourceMapping[]> {
  const [homeNames, otherNames] = [new ResourceNames(home), new ResourceNames(other)];
  const pairs: ResourceMapping[] = [];
  for (const { kind, source, target } of typed)
    pairs.push({
      kind,
      source_id: await homeNames.idOf(kind, source),
      target_id: await otherNames.idOf(kind, target),
    });
  return pairs;
}

function optionsOf(options: SetOptions): readonly TypedPair[] {
  return MAPPING_KINDS.flatMap((kind) => {
    const key = kind.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const given = (options[key] ?? []) as readonly string[];
    return given.map((text) => pairOf(kind, text));
  });
}

function pairOf(kind: MappingKind, text: string): TypedPair {
  const at = text.indexOf("=");
  const [source, target] = [text.slice(0, Math.max(0, at)).trim(), text.slice(at + 1).trim()];
  if (at > 0 && source && target) return { kind, source, target };
  throw new UsageError(`--${kind.replaceAll("_", "-")} wants A=B, not "${text}".`);
}

/** @throws UsageError that lists everything that is wrong in the file. */
function fileOf(context: CommandContext, path: string | undefined): readonly TypedPair[] {
  if (path === undefined) return [];
  const text = context.host.readFile(path);
  if (text === undefined) throw new UsageError(`No file ${path}.`);
  const problems = new FileProblems();
  const { mappings, nics } = readMappingFile(path, text, problems);
  for (const { place } of nics) problems.add(place, "network interfaces go in with: protector mapping import GROUP");
  const pairs = mappings.flatMap((row) => typedPair(row, problems));
  problems.raise();
  return pairs;
}
