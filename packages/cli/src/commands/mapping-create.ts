import type { MappingSuggestion, Member, ResourceMapping } from "@protector/contract";
import { compareRules, type GroupThere, type RuleContent, type SecurityGroup } from "@protector/openstack";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { MappedSites } from "./mapped-sites.ts";

/** What is missing at the other site, and what it may build upon. */
export interface MakingRequest {
  readonly sites: MappedSites;
  readonly suggestions: readonly MappingSuggestion[];
  /** Mappings that hold already. */
  readonly mappings: readonly ResourceMapping[];
  readonly members: readonly Pick<Member, "description">[];
  /** Tells people what was made. */
  tell(text: string): void;
}

/**
 * Makes security groups and key pairs that have no counterpart, in the tenant's own name. Repeatable: what an earlier call
 * has begun is known by its description and completed; what people made themselves is never changed.
 */
export async function makeMissing(request: MakingRequest): Promise<void> {
  const missing = request.suggestions.filter(({ candidates }) => candidates.length === 0 || isOwnWork(candidates));
  await makeSecurityGroups(request, idsOf(missing, "security_group"));
  for (const name of idsOf(missing, "key_pair")) await makeKeyPair(request, name);
}

/** Only something that might fit is no counterpart; whether it was begun by us shows when it is looked at. */
function isOwnWork(candidates: MappingSuggestion["candidates"]): boolean {
  return candidates.every(({ confidence }) => confidence === "possible");
}

const idsOf = (suggestions: readonly MappingSuggestion[], kind: MappingSuggestion["kind"]) =>
  suggestions.filter((each) => each.kind === kind).map(({ source_id }) => source_id);

const madeFrom = (id: string) => `Made by Protector as the counterpart of security group ${id}`;

/** First the groups, then their rules: rules name each other's groups. */
async function makeSecurityGroups({ sites, mappings, tell }: MakingRequest, ids: readonly string[]): Promise<void> {
  const [here, there] = await Promise.all([ownGroups(sites.home), ownGroups(sites.other)]);
  const made = new Map<string, SecurityGroup>();
  for (const group of here.filter(({ id }) => ids.includes(id))) {
    const begun = there.find(({ description }) => description === madeFrom(group.id));
    const taken = there.find(({ name }) => name === group.name);
    if (taken && taken !== begun) {
      tell(
        `Security group ${group.name}: ${sites.other.client.name} has one of that name with other rules; it is left as it is.`,
      );
      continue;
    }
    const request = { name: group.name, description: madeFrom(group.id) };
    made.set(group.id, begun ?? (await sites.other.cloud.network.createSecurityGroup(request)));
  }
  const names = new Map(there.map(({ id, name }) => [name, id]));
  const groupThere: GroupThere = (id) =>
    made.get(id)?.id ??
    mappings.find(({ kind, source_id }) => kind === "security_group" && source_id === id)?.target_id ??
    names.get(here.find((group) => group.id === id)?.name ?? "");
  for (const group of here) {
    const counterpart = made.get(group.id);
    if (counterpart) await completeRules({ sites, tell }, { group, counterpart, groupThere, all: here });
  }
}

async function completeRules(
  { sites, tell }: Pick<MakingRequest, "sites" | "tell">,
  {
    group,
    counterpart,
    groupThere,
    all,
  }: {
    readonly group: SecurityGroup;
    readonly counterpart: SecurityGroup;
    readonly groupThere: GroupThere;
    readonly all: readonly SecurityGroup[];
  },
): Promise<void> {
  const { network } = sites.other.cloud;
  const { missing, surplus } = compareRules(group.rules, counterpart.rules, groupThere);
  for (const rule of surplus) {
    const id = counterpart.rules.find((each) => each === rule)?.id;
    if (id !== undefined) await network.deleteSecurityGroupRule(id);
  }
  let written = 0;
  for (const rule of missing) {
    const translated = translate(rule, groupThere);
    if (translated) {
      await network.createSecurityGroupRule(counterpart.id, translated);
      written++;
      continue;
    }
    const remote = all.find(({ id }) => id === rule.remoteGroupId)?.name ?? rule.remoteGroupId;
    tell(
      `Security group ${group.name}: a rule names group ${remote}, which has no counterpart at ${sites.other.client.name}; map it, then run this again.`,
    );
  }
  if (written + surplus.length > 0)
    tell(
      `Made security group ${group.name} at ${sites.other.client.name}: ${group.rules.length} rules (${counterpart.id}).`,
    );
}

/** The rule as it is written at the other site; undefined when its remote group has no counterpart. */
function translate(rule: RuleContent, groupThere: GroupThere): RuleContent | undefined {
  if (rule.remoteGroupId === null) return rule;
  const remoteGroupId = groupThere(rule.remoteGroupId);
  return remoteGroupId === undefined ? undefined : { ...rule, remoteGroupId };
}

async function makeKeyPair({ sites, members, tell }: MakingRequest, name: string): Promise<void> {
  const captured = members.map(({ description }) => description?.key_pair).find((key) => key?.name === name);
  const { compute } = sites.other.cloud;
  if (await compute.findKeypair(name))
    return tell(
      `Key pair ${name}: you have another key of that name at ${sites.other.client.name}; it is left as it is.`,
    );
  if (!captured?.public_key)
    return tell(
      `Key pair ${name}: nobody could read its public key; import it at ${sites.other.client.name} yourself.`,
    );
  await compute.importKeypair(name, captured.public_key, captured.type);
  tell(`Imported key pair ${name} at ${sites.other.client.name}.`);
}

async function ownGroups({ cloud }: SiteHandle): Promise<readonly SecurityGroup[]> {
  const { projectId } = (await cloud.token()).content;
  return cloud.network.listSecurityGroups(projectId === undefined ? {} : { projectId });
}
