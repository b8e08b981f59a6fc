import { MAPPING_KINDS, type MappingKind } from "@protector/contract";
import type { FileProblems, FileRow, Place } from "./cell.ts";

/** A pair as it was typed: names or ids. */
export interface TypedPair {
  readonly kind: MappingKind;
  readonly source: string;
  readonly target: string;
}

/** One that a file has. */
export interface PlacedPair extends TypedPair {
  readonly at: { readonly source: Place; readonly target: Place };
}

/** A mapping of a file; nothing when it lacks something, which `problems` has then. */
export function typedPair({ cells, place }: FileRow, problems: FileProblems): readonly PlacedPair[] {
  const [kindCell, source, target] = [cells.get("kind"), cells.get("source"), cells.get("target")];
  const kind = MAPPING_KINDS.find((one) => one === kindCell?.text.replaceAll("-", "_"));
  if (kindCell && !kind)
    problems.add(kindCell.place, `"${kindCell.text}" is no kind. Kinds: ${MAPPING_KINDS.join(", ")}.`);
  else if (!kindCell || !source || !target) problems.add(place, "a mapping wants kind, source and target.");
  if (!kind || !source || !target) return [];
  return [{ kind, source: source.text, target: target.text, at: { source: source.place, target: target.place } }];
}
