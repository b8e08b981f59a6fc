import type { SiteClient } from "@protector/client";
import type { ResourceMapping } from "@protector/contract";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { CommandContext } from "../context.ts";

/** The sites of mappings: sources are at home, targets at the other. */
export interface MappedSites {
  readonly home: SiteHandle;
  readonly other: SiteHandle;
}

/** Mappings go from home to the other site, wherever the servers run now. */
export async function sitesOfGroup(context: CommandContext, asked: SiteClient, id: string): Promise<MappedSites> {
  const { protection_group: group } = await asked.call("protection_groups.show", { path: { id } });
  const [near, far] = [context.near, await context.far()];
  const [here, there] = near.client === asked ? [near, far] : [far, near];
  const isAtHome = (group.home_site_id === group.primary_site_id) === group.is_primary_here;
  return isAtHome ? { home: here, other: there } : { home: there, other: here };
}

/** New pairs take the place of those with the same source. */
export function merged(current: readonly ResourceMapping[], pairs: readonly ResourceMapping[]): ResourceMapping[] {
  const bySource = new Map(current.map((pair) => [`${pair.kind} ${pair.source_id}`, pair]));
  for (const pair of pairs) bySource.set(`${pair.kind} ${pair.source_id}`, pair);
  return [...bySource.values()].map(({ kind, source_id, target_id }) => ({ kind, source_id, target_id }));
}

/** Writes the project's defaults at the near site and carries each group that has them now to the other one. */
export async function replaceDefaults(
  context: CommandContext,
  mappings: readonly ResourceMapping[],
): Promise<readonly ResourceMapping[]> {
  const replaced = await context.sites.near.call("mappings.update_defaults", { body: { mappings: [...mappings] } });
  for (const { id, name, reason } of replaced.groups) {
    if (reason === null) await context.sites.inspectAndMend(id);
    else context.warn(`Protection group ${name} keeps the old defaults: ${reason} Set them again when that is over.`);
  }
  return replaced.mappings;
}
