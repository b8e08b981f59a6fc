import type { MappingKind } from "@protector/contract";

/** A row of the mappings: `source` is at the group's home site, `target` at its other site. */
export interface MappingRow {
  readonly kind: MappingKind;
  readonly sourceId: string;
  readonly targetId: string;
}

/** Answers what a resource of the site that servers leave is at the site they arrive at. */
export interface MappingLookup {
  find(kind: MappingKind, id: string): string | undefined;
}

/**
 * Mappings in the direction of a recovery.
 * @param rows of the group first, then the project's defaults: the first row of a resource counts.
 * @param towardsHome the servers go home, so targets map back to sources.
 */
export function mappingLookup(rows: readonly MappingRow[], towardsHome: boolean): MappingLookup {
  const known = new Map<string, string>();
  for (const { kind, sourceId, targetId } of rows) {
    const [from, to] = towardsHome ? [targetId, sourceId] : [sourceId, targetId];
    const key = `${kind} ${from}`;
    if (!known.has(key)) known.set(key, to);
  }
  return { find: (kind, id) => known.get(`${kind} ${id}`) };
}
