import { arrayGroupName, podOf } from "@protector/storage";
import type { GroupView } from "./group-view.ts";

/** What of a group says what it is called on its arrays. */
type NamedGroup = Pick<GroupView, "group" | "policy" | "consistencyGroups">;

/**
 * Name of the array group that cuts a group's recovery points at one of its sites: as recorded, else as it will be made.
 * Servers that are recovered get volumes outside of the pod, so a group of type sync has one in the pod only at the home
 * that it has never come back to.
 */
export function arrayGroupAt({ group, policy, consistencyGroups }: NamedGroup, siteId: string): string {
  const recorded = consistencyGroups.find((row) => row.site_id === siteId);
  if (recorded) return recorded.array_group;
  const isInPod = group.replication_type === "sync" && siteId === group.home_site_id;
  return arrayGroupName(group.id, isInPod ? (policy?.pod ?? undefined) : undefined);
}

/** What is to be said of a group that is protected: one of type sync that has left its pod is so with a lag; else nothing. */
export function protectedReason({ replication_type }: GroupView["group"], isInPod: boolean): string | null {
  return replication_type === "sync" && !isInPod
    ? "asynchronously: its servers run on volumes outside of the pod"
    : null;
}

/** The pod that the volumes of a group's servers are in at one of its sites; undefined = in none. */
export function podAtSite(view: NamedGroup, siteId: string): string | undefined {
  return podOf(arrayGroupAt(view, siteId));
}

/** Name of the Cinder groups that show a group to people: the same at both sites. */
export function cinderGroupName(groupId: string): string {
  return arrayGroupName(groupId);
}
