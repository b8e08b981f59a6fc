import type { MappingKind, SiteInventory } from "@protector/contract";

/** Both sites as the tenant sees them, and what is mapped already: candidates build upon each other. */
export interface SuggestionContext {
  readonly home: SiteInventory;
  readonly other: SiteInventory;
  /** Volume types at home whose volumes are in a pod: members may not see that of the type itself. */
  readonly podTypes: ReadonlySet<string>;
  find(kind: MappingKind, id: string): string | undefined;
}
