import { arrayGroupName } from "@protector/storage";
import type { ReplicatedGroup } from "./replicated-groups.ts";

/** Name of the array group that cuts a group's recovery points at one of its sites: as recorded, else as it will be made. */
export function arrayGroupAt(
  { group, consistencyGroups }: Pick<ReplicatedGroup, "group" | "consistencyGroups">,
  siteId: string,
): string {
  const recorded = consistencyGroups.find((row) => row.site_id === siteId);
  return recorded?.array_group ?? arrayGroupName(group.id);
}

/** Name of the Cinder groups that show a group to people: the same at both sites. */
export function cinderGroupName(groupId: string): string {
  return arrayGroupName(groupId);
}
