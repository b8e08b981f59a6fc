import type {
  AskMappingSuggestions,
  MappingCandidate,
  MappingSuggestion,
  Member,
  ResourceMapping,
} from "@protector/contract";
import type { Command } from "commander";
import { siteInventory } from "../cloud/inventory.ts";
import type { CommandContext } from "../context.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { readingSite } from "./find.ts";
import { type MappedSites, merged, replaceDefaults, sitesOfGroup } from "./mapped-sites.ts";
import { makeMissing } from "./mapping-create.ts";

/** One line of the answer: something unmapped with one thing that it could be. */
interface Row extends Pick<MappingSuggestion, "kind" | "source_id" | "is_required" | "used_by"> {
  readonly source: string;
  readonly target: string | null;
  readonly confidence: MappingCandidate["confidence"] | "none";
  readonly reason: string;
  readonly target_id: string | null;
}

const LIST: readonly Column<Row>[] = [
  { name: "kind" },
  { name: "source" },
  { name: "target" },
  { name: "confidence" },
  { name: "reason", isWrapped: true },
  { name: "used_by", cell: ({ used_by }) => usersText(used_by) },
];

/** Programs want the ids as well. */
const FULL_LIST: readonly Column<Row>[] = [
  ...LIST,
  { name: "source_id" },
  { name: "target_id" },
  { name: "is_required" },
];

interface SuggestOptions {
  readonly apply?: boolean;
  readonly create?: boolean;
}

/** `protector mapping suggest`: what is unmapped, what it could be, and why. */
export function addMappingSuggest(mappings: Command, act: Act): void {
  yields(mappings.command("suggest"), "list", LIST)
    .argument("[group]", "name or id; without it what all groups at home at the near site use")
    .option("--apply", "map what is sure, as the project's defaults when no group is named")
    .option("--create", "make security groups and key pairs that the other site lacks")
    .description("show what is unmapped and what it could be, with reasons")
    .action((ref: string | undefined, options: SuggestOptions) =>
      act((context) => (ref === undefined ? suggestDefaults(context, options) : suggestFor(context, ref, options))),
    );
}

/** What suggestions are asked for: a group's, or those of the project's defaults. */
interface Subject {
  readonly sites: MappedSites;
  ask(body: AskMappingSuggestions): Promise<readonly MappingSuggestion[]>;
  mappings(): Promise<readonly ResourceMapping[]>;
  members(): Promise<readonly Member[]>;
}

async function suggestFor(context: CommandContext, ref: string, options: SuggestOptions): Promise<void> {
  const { client, id } = await readingSite(context, ref);
  const path = { id };
  const subject: Subject = {
    sites: await sitesOfGroup(context, client, id),
    ask: async (body) => (await client.call("mappings.suggest", { path, body })).suggestions,
    mappings: async () => (await client.call("mappings.show", { path })).mappings,
    members: () => client.all("members.index", { path }),
  };
  const suggestions = await suggestionsFor(context, subject, options);
  const sure = options.apply ? sureOf(suggestions) : [];
  if (sure.length > 0) {
    const { delivery } = await context.sites.change(ref, async (primary, groupId) => {
      const { mappings } = await primary.call("mappings.show", { path: { id: groupId } });
      return primary.call("mappings.update", { path: { id: groupId }, body: { mappings: merged(mappings, sure) } });
    });
    context.report(delivery);
  }
  show(context, suggestions, { ...options, ref });
}

async function suggestDefaults(context: CommandContext, options: SuggestOptions): Promise<void> {
  const { near } = context.sites;
  const subject: Subject = {
    sites: { home: context.near, other: await context.far() },
    ask: async (body) => (await near.call("mappings.suggest_defaults", { body })).suggestions,
    mappings: async () => (await near.call("mappings.show_defaults")).mappings,
    members: async () => {
      const groups = await near.all("protection_groups.index");
      return (await Promise.all(groups.map(({ id }) => near.all("members.index", { path: { id } })))).flat();
    },
  };
  const suggestions = await suggestionsFor(context, subject, options);
  const sure = options.apply ? sureOf(suggestions) : [];
  if (sure.length > 0) {
    const mappings = merged(await subject.mappings(), sure);
    await replaceDefaults(context, mappings);
  }
  show(context, suggestions, options);
}

/** What was made is found again by the second look, so it is suggested as anything else is. */
async function suggestionsFor(
  context: CommandContext,
  subject: Subject,
  { create }: SuggestOptions,
): Promise<readonly MappingSuggestion[]> {
  const { sites } = subject;
  const look = async () => {
    const [home, other] = await Promise.all([siteInventory(sites.home.cloud), siteInventory(sites.other.cloud)]);
    return subject.ask({ home, other });
  };
  const suggestions = await look();
  if (!create) return suggestions;
  const [mappings, members] = await Promise.all([subject.mappings(), subject.members()]);
  await makeMissing({ sites, suggestions, mappings, members, tell: (text) => context.note(text) });
  return look();
}

/** What can be taken unseen. */
function sureOf(suggestions: readonly MappingSuggestion[]): readonly ResourceMapping[] {
  return suggestions.flatMap(({ kind, source_id, candidates: [best] }) =>
    best?.confidence === "sure" ? [{ kind, source_id, target_id: best.target_id }] : [],
  );
}

function show(
  context: CommandContext,
  suggestions: readonly MappingSuggestion[],
  { apply, ref }: SuggestOptions & { readonly ref?: string },
): void {
  const rows = suggestions.flatMap(rowsOf);
  if (suggestions.length === 0) {
    context.note(
      "Everything that the servers use is mapped, or needs no mapping. A group without servers has nothing to map.",
    );
    if (context.printer.isForPeople) return;
  }
  context.printer.list(rows, context.printer.isForPeople ? LIST : FULL_LIST);
  const sure = sureOf(suggestions).length;
  const rest = suggestions.filter(({ is_required, candidates: [best] }) => is_required && best?.confidence !== "sure");
  const what = ref === undefined ? "protector mapping set" : `protector mapping set ${ref}`;
  if (apply && sure > 0)
    context.note(sure === 1 ? "Mapped: the one that is sure." : `Mapped: the ${sure} that are sure.`);
  else if (sure > 0) context.note(sure === 1 ? "1 is sure: --apply maps it." : `${sure} are sure: --apply maps them.`);
  if (rest.length > 0)
    context.note(`Yours to decide, and needed by a recovery or a test: ${rest.length}; ${what} --KIND A=B maps one.`);
}

function rowsOf(suggestion: MappingSuggestion): readonly Row[] {
  const { kind, source_id, source_name: source, is_required, used_by, candidates } = suggestion;
  const common = { kind, source, source_id, is_required, used_by };
  if (candidates.length === 0) {
    const none = { target: null, target_id: null, confidence: "none" } as const;
    return [{ ...common, ...none, reason: withoutCandidate(suggestion) }];
  }
  return candidates.map(({ target_id, target_name, confidence, reason }) => {
    return { ...common, target: target_name || target_id, target_id, confidence, reason };
  });
}

function withoutCandidate({ kind }: MappingSuggestion): string {
  const isMade = kind === "security_group" || kind === "key_pair";
  return isMade ? "nothing like it there; --create makes it" : "nothing like it there";
}

function usersText(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}
