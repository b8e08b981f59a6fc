import type { WritingGroup } from "./failover-run.ts";
import { type Mapping, POD, protectThreeTier } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";
import { lose } from "./unplanned-run.ts";

/** What the type of volumes in the pod becomes at site B, for real and in tests. */
export function syncMappings({ b }: TwoSites): readonly Mapping[] {
  return [
    ["volume_type", "sync", "replicated"],
    ["test_volume_type", "sync", b.tenant.basics.plain.name],
  ];
}

/**
 * Servers at site A whose volumes are in a pod on both arrays, protected by a group of type sync, each writing every second.
 * @param settings `isUniform`: its hosts are connected to both arrays.
 */
export async function writingSyncGroup(
  count?: number,
  settings: { readonly isUniform?: boolean } = {},
): Promise<WritingGroup> {
  const sites = await createTwoSites(1, { sync: settings });
  const group = await protectThreeTier(sites, {
    count,
    replicationType: "sync",
    mappings: syncMappings(sites),
  });
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(1000);
  await sites.clock.advance(5000);
  return { sites, group };
}

/** Site A burns down, its array too: the pod goes on at the other one. @returns what brings it back. */
export function loseWithArray(writing: WritingGroup): () => void {
  const { world, a } = writing.sites;
  const bringBack = lose(writing, a, "all");
  const { model } = world.array("array-a");
  model.isUp = false;
  return () => {
    model.isUp = true;
    bringBack();
  };
}

/** Whether the array cuts points of the group in the pod by itself. */
export function isScheduled(writing: WritingGroup, name: "array-a" | "array-b"): boolean {
  const { state } = writing.sites.world.array(name).model;
  return podGroups(writing, name).every((each) => state.groups.live(each.name).snapshotSchedule.enabled);
}

/** Array groups of Protector in the pod, as one of its arrays shows them. */
export function podGroups({ sites }: WritingGroup, name: "array-a" | "array-b") {
  const array = sites.world.describe().arrays.find((each) => each.name === name);
  const groups = array?.groups ?? [];
  return groups.filter((each) => !each.isDestroyed && each.name.startsWith(`${POD}::protector-`));
}
