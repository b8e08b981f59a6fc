import type { MappingCandidate, SiteInventory } from "@protector/contract";
import type { UsedResource } from "../used-resources.ts";
import { candidate, listText } from "./candidate.ts";
import type { SuggestionContext } from "./context.ts";

const cidrsOf = ({ subnets }: SiteInventory, networkId: string) =>
  subnets
    .filter(({ network_id }) => network_id === networkId)
    .map(({ cidr }) => cidr)
    .sort();

/** By name and by the address ranges: only with both do servers keep their addresses unseen. */
export function networkCandidates(
  { home, other }: SuggestionContext,
  { id }: UsedResource,
): readonly MappingCandidate[] {
  const here = home.networks.find((network) => network.id === id);
  const cidrs = cidrsOf(home, id);
  return other.networks
    .filter(({ is_external }) => !is_external)
    .flatMap((network) => {
      const there = cidrsOf(other, network.id);
      const isSameName = here !== undefined && network.name === here.name;
      const isSameRange = cidrs.length > 0 && cidrs.every((cidr) => there.includes(cidr));
      if (isSameName && isSameRange) return [candidate(network, "sure", `same name, same subnets ${listText(cidrs)}`)];
      if (isSameRange) return [candidate(network, "likely", `same subnets ${listText(cidrs)} under another name`)];
      if (!isSameName) return [];
      const reason = `same name, but its subnets are ${listText(there)}, here ${listText(cidrs)}: addresses change`;
      return [candidate(network, "possible", reason)];
    });
}

/** In the counterpart of its network only: never a subnet of some network. */
export function subnetCandidates(context: SuggestionContext, { id }: UsedResource): readonly MappingCandidate[] {
  const { home, other } = context;
  const here = home.subnets.find((subnet) => subnet.id === id);
  if (!here) return [];
  const networkId = context.find("network", here.network_id);
  const name = other.networks.find((network) => network.id === networkId)?.name ?? networkId;
  return other.subnets
    .filter(({ network_id }) => network_id === networkId)
    .map((subnet) => {
      if (subnet.cidr === here.cidr) return candidate(subnet, "sure", `same range ${here.cidr} in network ${name}`);
      const reason = `range ${subnet.cidr} in network ${name}, here ${here.cidr}: addresses change`;
      return candidate(subnet, "possible", subnet.name === here.name ? `same name, ${reason}` : reason);
    });
}

export function poolCandidates({ home, other }: SuggestionContext, { id }: UsedResource): readonly MappingCandidate[] {
  const here = home.networks.find((network) => network.id === id);
  const external = other.networks.filter(({ is_external }) => is_external);
  return external.map((network) => {
    if (network.name === here?.name) return candidate(network, "sure", "external network of the same name");
    if (external.length === 1) return candidate(network, "sure", "the only external network there");
    return candidate(network, "possible", "an external network");
  });
}
