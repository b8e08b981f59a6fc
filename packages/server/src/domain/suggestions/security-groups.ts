import type { MappingCandidate, SecurityRule, SiteInventory } from "@protector/contract";
import { compareRules, differenceText, type RuleContent } from "@protector/openstack";
import type { UsedResource } from "../used-resources.ts";
import { candidate } from "./candidate.ts";
import type { SuggestionContext } from "./context.ts";

type Group = SiteInventory["security_groups"][number];

/** By rules, one by one. Remote groups are those of the mapping, else the one there of the same name. */
export function securityGroupCandidates(context: SuggestionContext, { id }: UsedResource): readonly MappingCandidate[] {
  const { home, other } = context;
  const here = home.security_groups.find((group) => group.id === id);
  if (!here) return [];
  const names = { here: nameIn(home), there: nameIn(other) };
  return other.security_groups.flatMap((group) => {
    const isSameName = group.name === here.name;
    const groupThere = (remote: string) => (remote === id ? group.id : counterpart(context, remote));
    const difference = compareRules(here.rules.map(ruleOf), group.rules.map(ruleOf), groupThere);
    const isSame = difference.missing.length + difference.surplus.length === 0;
    if (isSame && isSameName) return [candidate(group, "sure", `same name, the same ${here.rules.length} rules`)];
    if (isSame) return [candidate(group, "likely", `the same ${here.rules.length} rules under another name`)];
    if (!isSameName) return [];
    return [candidate(group, "possible", `same name, other rules: ${differenceText(difference, names)}`)];
  });
}

function counterpart(context: SuggestionContext, groupId: string): string | undefined {
  const mapped = context.find("security_group", groupId);
  if (mapped !== undefined) return mapped;
  const name = context.home.security_groups.find((group) => group.id === groupId)?.name;
  const [only, second] = context.other.security_groups.filter((group) => group.name === name);
  return second === undefined ? only?.id : undefined;
}

function nameIn({ security_groups }: SiteInventory): (id: string) => string {
  const names = new Map(security_groups.map((group: Group) => [group.id, group.name]));
  return (id) => names.get(id) || id;
}

function ruleOf(rule: SecurityRule): RuleContent {
  return {
    direction: rule.direction,
    etherType: rule.ethertype,
    protocol: rule.protocol,
    portMin: rule.port_range_min,
    portMax: rule.port_range_max,
    remoteCidr: rule.remote_ip_prefix,
    remoteGroupId: rule.remote_group_id,
  };
}
