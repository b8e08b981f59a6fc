import type { MappingCandidate, SuggestionConfidence } from "@protector/contract";

/** A candidate for what has an id and a name. */
export function candidate(
  { id, name }: { readonly id: string; readonly name: string },
  confidence: SuggestionConfidence,
  reason: string,
): MappingCandidate {
  return { target_id: id, target_name: name, confidence, reason };
}

/** Words of a list: `a, b`; `none` for an empty one. */
export function listText(items: readonly string[]): string {
  return items.length > 0 ? items.join(", ") : "none";
}
