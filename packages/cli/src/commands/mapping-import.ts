import type { MappingKind, Member, MemberNicSettings, ResourceMapping } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { collect } from "../global-options.ts";
import { type Cell, type FileContent, FileProblems, type FileRow } from "../mapping-files/cell.ts";
import { nicCells, type OtherSite, readNicRow } from "../mapping-files/nic-row.ts";
import { typedPair } from "../mapping-files/pair-row.ts";
import { readMappingFile } from "../mapping-files/read.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { readingSite } from "./find.ts";
import { type MappedSites, merged, replaceDefaults, sitesOfGroup } from "./mapped-sites.ts";
import { type HeldMappings, namedMappings, otherSite } from "./mapping-export.ts";
import { ResourceNames } from "./resource-names.ts";

/** One line of what an import would change. */
interface Difference {
  readonly change: "add" | "change" | "remove";
  readonly what: string;
  readonly from: string | null;
  readonly to: string | null;
}

const LIST: readonly Column<Difference>[] = [
  { name: "change" },
  { name: "what" },
  { name: "from", isWrapped: true },
  { name: "to", isWrapped: true },
];

interface ImportOptions {
  readonly fromFile?: readonly string[];
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

/** `protector mapping import`: reads what `mapping export` wrote. */
export function addMappingImport(mappings: Command, act: Act): void {
  yields(mappings.command("import"), "list", LIST)
    .argument("[group]", "name or id; without it the project's defaults")
    .option("--from-file <path>", "YAML, JSON or CSV of mapping export; may be repeated", collect)
    .option("--replace", "drop every mapping and every NIC's settings that no file names")
    .option("--dry-run", "show the differences and change nothing")
    .description(
      "read mappings and settings of network interfaces from files, show the differences, write them at once",
    )
    .action((ref: string | undefined, options: ImportOptions) =>
      act((context) => importMappings(context, ref, options)),
    );
}

/** What is there, and what people call it. */
interface Held extends HeldMappings {
  readonly sites: MappedSites;
  readonly members: readonly Member[];
  readonly other: OtherSite;
}

async function importMappings(context: CommandContext, ref: string | undefined, options: ImportOptions): Promise<void> {
  const problems = new FileProblems();
  const content = readFiles(context, options.fromFile ?? [], problems);
  if (ref === undefined) return importDefaults(context, { content, options, problems });
  const { client, id } = await readingSite(context, ref);
  const path = { id };
  const [{ protection_group: group }, mapped, members, sites] = await Promise.all([
    client.call("protection_groups.show", { path }),
    client.call("mappings.show", { path }),
    client.all("members.index", { path }),
    sitesOfGroup(context, client, id),
  ]);
  const held = { ...mapped, sites, members, other: await otherSite(sites.other) };
  const wanted = await wantedOf(held, { content, options, problems });
  if (!(await shallWrite(context, await differences(held, wanted), options))) return;
  const body = { ...wanted, generation: group.generation };
  const { delivery } = await context.sites.change(ref, (primary, groupId) =>
    primary.call("mappings.update", { path: { id: groupId }, body }),
  );
  context.report(delivery);
}

interface WantedMappings {
  readonly mappings: ResourceMapping[];
  readonly nics: MemberNicSettings[];
}

interface ImportRequest {
  readonly content: FileContent;
  readonly options: ImportOptions;
  readonly problems: FileProblems;
}

async function importDefaults(context: CommandContext, request: ImportRequest): Promise<void> {
  const { near } = context.sites;
  const { content, problems, options } = request;
  for (const { place } of content.nics) problems.add(place, "defaults have no network interfaces: name the group.");
  const sites = { home: context.near, other: await context.far() };
  const { mappings } = await near.call("mappings.show_defaults");
  const held = { mappings, nics: [], sites, members: [], other: await otherSite(sites.other) };
  const wanted = await wantedOf(held, request);
  if (!(await shallWrite(context, await differences(held, wanted), options))) return;
  await replaceDefaults(context, wanted.mappings);
}

function readFiles(context: CommandContext, files: readonly string[], problems: FileProblems): FileContent {
  if (files.length === 0) throw new UsageError("Nothing to read: --from-file PATH, once or more.");
  const contents = files.map((file) => {
    const text = context.host.readFile(file);
    if (text === undefined) throw new UsageError(`No file ${file}.`);
    return readMappingFile(file, text, problems);
  });
  return { mappings: contents.flatMap((each) => each.mappings), nics: contents.flatMap((each) => each.nics) };
}

/** @throws UsageError that lists everything that is wrong in the files. */
async function wantedOf(held: Held, { content, options, problems }: ImportRequest): Promise<WantedMappings> {
  const pairs = await readPairs(held.sites, content.mappings, problems);
  const nics = readNics(held, content.nics, problems);
  problems.raise();
  const isWhole = options.replace === true;
  const kept = isWhole ? [] : held.nics.filter((each) => !nics.has(keyOf(each)));
  return {
    mappings: merged(isWhole ? [] : held.mappings, pairs),
    nics: [...kept, ...[...nics.values()].filter((each) => each !== undefined)],
  };
}

const keyOf = (nic: Pick<MemberNicSettings, "member_id" | "mac_address" | "is_test">) =>
  `${nic.member_id} ${nic.mac_address} ${nic.is_test}`;

async function readPairs(
  { home, other }: MappedSites,
  rows: readonly FileRow[],
  problems: FileProblems,
): Promise<readonly ResourceMapping[]> {
  const [homeNames, otherNames] = [new ResourceNames(home), new ResourceNames(other)];
  const seen = new Map<string, number>();
  const pairs: ResourceMapping[] = [];
  const resolve = async (names: ResourceNames, kind: MappingKind, { text, place }: Cell) => {
    try {
      return await names.idOf(kind, text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.add(place, error.message);
      return undefined;
    }
  };
  for (const { kind, source, target, at } of rows.flatMap((row) => typedPair(row, problems))) {
    const source_id = await resolve(homeNames, kind, { text: source, place: at.source });
    const target_id = await resolve(otherNames, kind, { text: target, place: at.target });
    if (source_id === undefined || target_id === undefined) continue;
    const key = `${kind} ${source_id}`;
    const before = seen.get(key);
    if (before !== undefined) problems.add(at.source, `${kind} ${source} is mapped in line ${before} already.`);
    seen.set(key, at.source.line);
    pairs.push({ kind, source_id, target_id });
  }
  return pairs;
}

/** By member, interface and set; undefined = its settings are taken away. */
function readNics({ members, other }: Held, rows: readonly FileRow[], problems: FileProblems) {
  const found = new Map<string, MemberNicSettings | undefined>();
  for (const row of rows) {
    const nic = readNicRow(row, { members, other, problems });
    if (!nic) continue;
    const key = keyOf({ member_id: nic.member.id, mac_address: nic.mac, is_test: nic.isTest });
    if (found.has(key)) problems.add(row.place, `NIC ${nic.mac} of ${nic.member.name} is in the files twice.`);
    found.set(key, nic.settings);
  }
  return found;
}

async function differences(held: Held, wanted: WantedMappings): Promise<readonly Difference[]> {
  const pairKey = ({ kind, source_id }: ResourceMapping) => `${kind} ${source_id}`;
  const both = await namedMappings([...held.mappings, ...wanted.mappings], held.sites);
  const before = new Map(held.mappings.map((pair, i) => [pairKey(pair), { pair, named: both[i] }]));
  const after = new Map(
    wanted.mappings.map((pair, i) => [pairKey(pair), { pair, named: both[held.mappings.length + i] }]),
  );
  const pairs = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old?.pair.target_id === now?.pair.target_id) return [];
    const named = now?.named ?? old?.named;
    return [difference(`${named?.kind} ${named?.source}`, old?.named?.target, now?.named?.target)];
  });
  const nicsBefore = new Map(held.nics.map((each) => [keyOf(each), each]));
  const nicsAfter = new Map(wanted.nics.map((each) => [keyOf(each), each]));
  const nics = [...new Set([...nicsBefore.keys(), ...nicsAfter.keys()])].flatMap((key) => {
    const [old, now] = [nicsBefore.get(key), nicsAfter.get(key)];
    const [from, to] = [nicText(old, held.other), nicText(now, held.other)];
    const nic = now ?? old;
    if (from === to || !nic) return [];
    const member = held.members.find(({ id }) => id === nic.member_id)?.name ?? nic.member_id;
    return [difference(`NIC ${nic.mac_address} of ${member}${nic.is_test ? " in tests" : ""}`, from, to)];
  });
  return [...pairs, ...nics];
}

function difference(what: string, from: string | undefined, to: string | undefined): Difference {
  const change = from === undefined ? "add" : to === undefined ? "remove" : "change";
  return { change, what, from: from ?? null, to: to ?? null };
}

function nicText(settings: MemberNicSettings | undefined, other: OtherSite): string | undefined {
  const cells = Object.entries(nicCells(settings, other));
  return settings && cells.map(([name, text]) => `${name.replaceAll("_", " ")} ${text}`).join(", ");
}

/** Shows the differences; whether they are to be written. @throws UsageError where nobody can be asked. */
async function shallWrite(
  context: CommandContext,
  found: readonly Difference[],
  { dryRun }: ImportOptions,
): Promise<boolean> {
  const { host, printer } = context;
  printer.list(found, LIST);
  if (found.length === 0) context.note("Nothing to change: the files say what is there.");
  if (found.length === 0 || dryRun) return false;
  if (context.options.yes) return true;
  if (!host.ask) throw new UsageError("Nobody is at the terminal to confirm. Use --yes to write without being asked.");
  if (
    (
      await host.ask(
        `Write ${found.length === 1 ? "this difference" : `these ${found.length} differences`}? Type "yes" to go on: `,
      )
    ).trim() === "yes"
  )
    return true;
  context.note("Nothing was changed.");
  context.worsen(EXIT.error);
  return false;
}
