import { compareRules, differenceText, type SecurityGroup } from "@protector/openstack";
import type { FailoverInput } from "../plans/failover-input.ts";
import { type Finding, warning } from "./finding.ts";

/**
 * Compares each security group that the members use with the one that it is mapped to, rule by rule; remote groups are the
 * same when the mapping says so. A difference is drift: the servers would be reached by others than now.
 * @param groups of the project at the site that the servers leave.
 */
export function checkSecurityGroupRules(
  { members, mapping, source, target }: FailoverInput,
  groups: readonly SecurityGroup[],
): readonly Finding[] {
  const here = new Map(groups.map((group) => [group.id, group]));
  const used = members.flatMap(({ description, nics }) =>
    description.ports.flatMap((port) =>
      nics.get(port.mac_address.toLowerCase())?.security_group_ids ? [] : port.security_group_ids,
    ),
  );
  const names = {
    here: (id: string) => here.get(id)?.name || id,
    there: (id: string) => target.securityGroups.get(id)?.name || id,
  };
  return [...new Set(used)].flatMap((id) => {
    const [own, other] = [here.get(id), target.securityGroups.get(mapping.find("security_group", id) ?? "")];
    if (!own || !other) return [];
    const difference = compareRules(own.rules, other.rules, (groupId) => mapping.find("security_group", groupId));
    if (difference.missing.length + difference.surplus.length === 0) return [];
    const reason = `Security group ${own.name} at ${source.siteName} and ${other.name} at ${target.siteName} have other rules; ${differenceText(difference, names)}.`;
    const remedy = "Make the rules alike, at the site where they are wrong; a remote group has to be mapped as well.";
    return [warning({ check: "mapping.security_group_rules", subject: own.name, reason, remedy })];
  });
}
