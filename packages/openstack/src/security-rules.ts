import type { SecurityGroupRule } from "./network.ts";

/** What a rule says; its id and description say nothing. */
export type RuleContent = Omit<SecurityGroupRule, "id">;

/** How two security groups differ, rule by rule. */
export interface RuleDifference {
  /** Of the first group, without a like in the second. */
  readonly missing: readonly RuleContent[];
  /** Of the second group, without a like in the first. */
  readonly surplus: readonly RuleContent[];
}

/** The group at the other cloud that stands for one here; undefined when nobody said which. */
export type GroupThere = (groupId: string) => string | undefined;

/** Neutron's names of protocol numbers: the list of its API reference, as far as security groups are written with it. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  "0": "any",
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "ipv6-icmp",
  "112": "vrrp",
  "132": "sctp",
  icmpv6: "ipv6-icmp",
};

/** Prefixes that leave nobody out: Neutron treats them like no prefix. */
const EVERYWHERE = new Set(["0.0.0.0/0", "::/0"]);

/**
 * Compares two groups of different clouds by what their rules let through. Remote groups are the same when `groupThere`
 * says so; a rule whose remote group has no counterpart has no like.
 */
export function compareRules(
  here: readonly RuleContent[],
  there: readonly RuleContent[],
  groupThere: GroupThere,
): RuleDifference {
  const wanted = new Map(here.map((rule) => [ruleKey(rule, groupThere), rule]));
  const found = new Map(there.map((rule) => [ruleKey(rule, (id) => id), rule]));
  return {
    missing: [...wanted].flatMap(([key, rule]) => (found.has(key) ? [] : [rule])),
    surplus: [...found].flatMap(([key, rule]) => (wanted.has(key) ? [] : [rule])),
  };
}

function ruleKey(rule: RuleContent, groupOf: GroupThere): string {
  const { remoteGroupId } = rule;
  const remote =
    remoteGroupId === null
      ? (remoteCidr(rule) ?? "anybody")
      : `group ${groupOf(remoteGroupId) ?? `without counterpart ${remoteGroupId}`}`;
  return [rule.direction, rule.etherType.toLowerCase(), protocolOf(rule), rule.portMin, rule.portMax, remote].join(" ");
}

function protocolOf({ protocol }: RuleContent): string {
  const name = protocol?.toLowerCase() ?? "any";
  return PROTOCOLS[name] ?? name;
}

function remoteCidr({ remoteCidr: cidr }: RuleContent): string | undefined {
  return cidr === null || EVERYWHERE.has(cidr) ? undefined : cidr.toLowerCase();
}

/** A rule as people read it: `ingress tcp 443 from 0.0.0.0/0`. @param nameOf what to call a remote group. */
export function ruleText(rule: RuleContent, nameOf: (groupId: string) => string): string {
  const { direction, etherType, portMin, portMax, remoteGroupId } = rule;
  const ports =
    portMin === null ? "" : portMin === portMax || portMax === null ? ` ${portMin}` : ` ${portMin}-${portMax}`;
  const side = direction === "ingress" ? "from" : "to";
  const remote = remoteGroupId === null ? (remoteCidr(rule) ?? "anywhere") : `group ${nameOf(remoteGroupId)}`;
  const protocol = protocolOf(rule);
  return `${direction} ${etherType}${protocol === "any" ? "" : ` ${protocol}`}${ports} ${side} ${remote}`;
}

/** A difference in a few words, the first rules named. */
export function differenceText(
  { missing, surplus }: RuleDifference,
  names: { readonly here: (groupId: string) => string; readonly there: (groupId: string) => string },
): string {
  const some = (rules: readonly RuleContent[], nameOf: (groupId: string) => string) => {
    const texts = rules.slice(0, 3).map((rule) => ruleText(rule, nameOf));
    return `${texts.join("; ")}${rules.length > 3 ? ` and ${rules.length - 3} more` : ""}`;
  };
  return [
    missing.length > 0 ? `without a like there: ${some(missing, names.here)}` : [],
    surplus.length > 0 ? `only there: ${some(surplus, names.there)}` : [],
  ]
    .flat()
    .join("; ");
}
