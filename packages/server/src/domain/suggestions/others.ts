import type { MappingCandidate } from "@protector/contract";
import type { UsedResource } from "../used-resources.ts";
import { candidate } from "./candidate.ts";
import type { SuggestionContext } from "./context.ts";
import { isSamePublicKey } from "./public-keys.ts";

export function imageCandidates(
  { home, other }: SuggestionContext,
  { id, name }: UsedResource,
): readonly MappingCandidate[] {
  const wanted = home.images.find((image) => image.id === id)?.name ?? name;
  const named = other.images.filter((image) => image.name !== "" && image.name === wanted);
  return named.map((image) => candidate(image, "likely", "image of the same name; its content is not compared"));
}

export function keyPairCandidates(
  { other }: SuggestionContext,
  { id, publicKey }: UsedResource,
): readonly MappingCandidate[] {
  return other.key_pairs.flatMap(({ name, public_key }) => {
    const named = { id: name, name };
    if (publicKey && isSamePublicKey(public_key, publicKey))
      return [candidate(named, "sure", "the same key under another name")];
    return name === id ? [candidate(named, "possible", "same name, but another key")] : [];
  });
}

/** Only where a server's zone is not there: a zone of the same name needs no mapping. */
export function zoneCandidates({ other }: SuggestionContext): readonly MappingCandidate[] {
  return other.availability_zones.map((zone) => {
    const reason = other.availability_zones.length === 1 ? "the only zone there" : "a zone there";
    return candidate({ id: zone, name: zone }, "possible", `${reason}; without a mapping Nova chooses`);
  });
}

/** Never sure: without a mapping a recovery makes a group of its own, which is what most people want. */
export function serverGroupCandidates(
  { home, other }: SuggestionContext,
  { id, name }: UsedResource,
): readonly MappingCandidate[] {
  const here = home.server_groups.find((group) => group.id === id);
  return other.server_groups.flatMap((group) => {
    if (group.name !== (here?.name ?? name)) return [];
    const policy = here && group.policy !== here.policy ? `, but policy ${group.policy}, here ${here.policy}` : "";
    return [candidate(group, "possible", `same name${policy}; without a mapping a recovery makes its own`)];
  });
}
