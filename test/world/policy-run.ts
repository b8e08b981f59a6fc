import { markerName } from "@protector/storage";
import { finalState } from "./final-state.ts";
import { type ProtectedGroup, protectThreeTier, run } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** A group that was protected, whose servers have been taken out again: it has a policy and no members. */
export interface EmptyGroup {
  readonly sites: TwoSites;
  readonly group: ProtectedGroup;
}

/** A group at site A that still has the recovery points of the server which it has lost. */
export async function emptyGroup(): Promise<EmptyGroup> {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites, { count: 1 });
  const [member_id] = group.memberIds;
  await run(sites, sites.a, group.id, { type: "member_remove", parameters: { member_id } });
  return { sites, group };
}

/** What two arrays and two clouds hold of a group, and what the arrays complain of. */
export async function outsideOf({ sites, group }: EmptyGroup) {
  const { clouds, arrays } = (await finalState(sites, group)) as {
    readonly clouds: readonly { readonly volumeGroups: readonly { readonly name: string }[] }[];
    readonly arrays: readonly { readonly groups: readonly { readonly name: string }[]; readonly points: unknown[] }[];
  };
  return {
    cinderGroups: clouds.flatMap(({ volumeGroups }) => volumeGroups.map(({ name }) => name)),
    // What an array lists of a group at the other one goes with that, after its eradication delay.
    arrayGroups: arrays
      .flatMap(({ groups }) => groups.map(({ name }) => name))
      .filter((name) => name.startsWith("protector-")),
    points: arrays.flatMap(({ points }) => points),
    markers: markersOf(sites, group.id),
    problems: sites.world.problems,
  };
}

function markersOf({ world }: TwoSites, groupId: string): readonly string[] {
  const beginning = markerName({ groupId, epoch: 0, holder: undefined }).replace(/-e0-idle$/, "-e");
  return world
    .describe()
    .arrays.flatMap(({ volumes }) => volumes.filter(({ isDestroyed }) => !isDestroyed).map(({ name }) => name))
    .filter((name) => name.startsWith(beginning));
}
