import type {
  MappingCandidate,
  MappingKind,
  MappingSuggestion,
  SiteInventory,
  SuggestionConfidence,
} from "@protector/contract";
import { podOf } from "@protector/storage";
import type { SuggestionContext } from "./suggestions/context.ts";
import { flavorCandidates } from "./suggestions/flavors.ts";
import { networkCandidates, poolCandidates, subnetCandidates } from "./suggestions/networks.ts";
import { imageCandidates, keyPairCandidates, serverGroupCandidates, zoneCandidates } from "./suggestions/others.ts";
import { isSamePublicKey } from "./suggestions/public-keys.ts";
import { securityGroupCandidates } from "./suggestions/security-groups.ts";
import { testTypeCandidates, typeCandidates } from "./suggestions/volume-types.ts";
import { type DescribedMember, type UsedResource, usedResources } from "./used-resources.ts";

/** What suggestions are made from. Mappings are those that hold: the group's and under them the defaults. */
export interface SuggestionInput {
  readonly home: SiteInventory;
  readonly other: SiteInventory;
  readonly members: readonly DescribedMember[];
  readonly mappings: readonly { readonly kind: MappingKind; readonly source_id: string; readonly target_id: string }[];
}

const RANKS: Readonly<Record<SuggestionConfidence, number>> = { sure: 0, likely: 1, possible: 2 };

/**
 * Ranks, for everything that the members use and nothing maps, what it could be at the other site. Pure: nothing is guessed
 * that is not in the inventories, and nothing that changes what a server is counts as sure.
 */
export function suggestMappings({ home, other, members, mappings }: SuggestionInput): readonly MappingSuggestion[] {
  const known = new Map(mappings.map(({ kind, source_id, target_id }) => [`${kind} ${source_id}`, target_id]));
  const context: SuggestionContext = {
    home,
    other,
    podTypes: typesInPods(members),
    find: (kind, id) => known.get(`${kind} ${id}`),
  };
  return usedResources(members).flatMap((resource) => {
    const { kind, id, isRequired, usedBy } = resource;
    if (context.find(kind, id) !== undefined || isSameThere(context, resource)) return [];
    const candidates = ranked(candidatesOf(context, resource));
    const [best] = candidates;
    // What comes later may build upon what would be taken unseen.
    if (best?.confidence === "sure") known.set(`${kind} ${id}`, best.target_id);
    const source_name = resource.name ?? nameOf(home, resource) ?? id;
    return [{ kind, source_id: id, source_name, is_required: isRequired, used_by: [...usedBy], candidates }];
  });
}

function typesInPods(members: readonly DescribedMember[]): ReadonlySet<string> {
  const volumes = members.flatMap(({ description }) => description.volumes);
  return new Set(volumes.filter((each) => podOf(each.array_volume) !== undefined).map((each) => each.volume_type));
}

/** What needs no mapping, since the same is there under the same name or id. */
function isSameThere({ other }: SuggestionContext, { kind, id, publicKey }: UsedResource): boolean {
  switch (kind) {
    case "key_pair":
      return other.key_pairs.some(
        ({ name, public_key }) => name === id && (!publicKey || isSamePublicKey(public_key, publicKey)),
      );
    case "availability_zone":
      return other.availability_zones.includes(id);
    case "image":
      return other.images.some((image) => image.id === id);
    default:
      return false;
  }
}

function candidatesOf(context: SuggestionContext, resource: UsedResource): readonly MappingCandidate[] {
  switch (resource.kind) {
    case "network":
      return networkCandidates(context, resource);
    case "subnet":
      return subnetCandidates(context, resource);
    case "floating_ip_pool":
      return poolCandidates(context, resource);
    case "flavor":
      return flavorCandidates(context, resource);
    case "security_group":
      return securityGroupCandidates(context, resource);
    case "volume_type":
      return typeCandidates(context, resource);
    case "test_volume_type":
      return testTypeCandidates(context, resource);
    case "image":
      return imageCandidates(context, resource);
    case "key_pair":
      return keyPairCandidates(context, resource);
    case "availability_zone":
      return zoneCandidates(context);
    case "server_group":
      return serverGroupCandidates(context, resource);
    default:
      return [];
  }
}

/** Best first. Two that are equally sure are not sure. */
function ranked(candidates: readonly MappingCandidate[]): MappingCandidate[] {
  const sure = candidates.filter(({ confidence }) => confidence === "sure").length;
  const honest = candidates.map((candidate) =>
    sure > 1 && candidate.confidence === "sure"
      ? { ...candidate, confidence: "likely" as const, reason: `${candidate.reason}; ${sure} there are alike` }
      : candidate,
  );
  return honest.sort((a, b) => RANKS[a.confidence] - RANKS[b.confidence]).slice(0, 10);
}

function nameOf(home: SiteInventory, { kind, id }: UsedResource): string | undefined {
  const lists: Partial<Record<MappingKind, readonly { readonly id: string; readonly name: string }[]>> = {
    network: home.networks,
    floating_ip_pool: home.networks,
    subnet: home.subnets,
    security_group: home.security_groups,
    image: home.images,
  };
  return lists[kind]?.find((each) => each.id === id)?.name || undefined;
}
