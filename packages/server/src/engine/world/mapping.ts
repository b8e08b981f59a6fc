import type { MappingKind, RealMappingKind, TestMappingKind } from "@protector/contract";

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

/**
 * What each kind of resource is in a test. `else`: what an unmapped one is; `recovery` = what a recovery would use,
 * `nothing` = a test goes without, since using the recovery's would touch production or replicate.
 */
const IN_TESTS: Readonly<
  Partial<Record<RealMappingKind, { readonly kind: TestMappingKind; readonly else: "recovery" | "nothing" }>>
> = {
  network: { kind: "test_network", else: "recovery" },
  subnet: { kind: "test_subnet", else: "recovery" },
  flavor: { kind: "test_flavor", else: "recovery" },
  security_group: { kind: "test_security_group", else: "recovery" },
  key_pair: { kind: "test_key_pair", else: "recovery" },
  availability_zone: { kind: "test_availability_zone", else: "recovery" },
  volume_type: { kind: "test_volume_type", else: "nothing" },
  floating_ip_pool: { kind: "test_floating_ip_pool", else: "nothing" },
  server_group: { kind: "test_server_group", else: "nothing" },
  reachable_network: { kind: "test_reachable_network", else: "nothing" },
};

/** The mappings of a test: its own set, and under it the recovery's as far as a test may use that. */
export function testLookup(rows: readonly MappingRow[], towardsHome: boolean): MappingLookup {
  const lookup = mappingLookup(rows, towardsHome);
  return {
    find: (kind, id) => {
      const inTests = (IN_TESTS as Partial<Record<MappingKind, (typeof IN_TESTS)["network"]>>)[kind];
      const own = inTests && lookup.find(inTests.kind, id);
      return own ?? (inTests?.else === "nothing" ? undefined : lookup.find(kind, id));
    },
  };
}
