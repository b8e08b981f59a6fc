import type { Marker, PointSource } from "./storage-array.ts";

/** First 12 hex digits of a protection group's id: short enough for every array name, long enough to be alone. */
export function shortGroupId(groupId: string): string {
  return groupId.replaceAll("-", "").slice(0, 12);
}

/** What stands between the name of a pod and that of a volume or group inside it. */
const POD_SEPARATOR = "::";

/** Name of the array protection group of a protection group. @param pod pod that it is made in; left out: in none. */
export function arrayGroupName(groupId: string, pod?: string): string {
  const name = `protector-${shortGroupId(groupId)}`;
  return pod === undefined ? name : `${pod}${POD_SEPARATOR}${name}`;
}

/** The pod that a volume or group is in, by its name; undefined = in none. */
export function podOf(name: string): string | undefined {
  const at = name.indexOf(POD_SEPARATOR);
  return at < 0 ? undefined : name.slice(0, at);
}

/**
 * How the other array knows the points of a group: as sent from the array that cut them, or, in a pod that is stretched over
 * both, as its own.
 */
export function pointsOf(group: string, sourceArray: string): PointSource {
  return { group, array: podOf(group) === undefined ? sourceArray : undefined };
}

/** Name of the marker volume: the marker's state in words. */
export function markerName(marker: Marker): string {
  const holder = marker.holder === undefined ? "idle" : marker.holder.replaceAll("-", "").slice(0, 8);
  return `protector-${shortGroupId(marker.groupId)}-e${marker.epoch}-${holder}`;
}

/**
 * Reads a marker back from its name.
 * @returns undefined when the name is no marker of that group. `holder` is the 8 hex digits that stand in the name.
 */
export function parseMarkerName(groupId: string, name: string): Marker | undefined {
  const match = /^protector-([0-9a-f]{12})-e(\d+)-(idle|[0-9a-f]{8})$/i.exec(name);
  if (match?.[1]?.toLowerCase() !== shortGroupId(groupId)) return undefined;
  return { groupId, epoch: Number(match[2]), holder: match[3] === "idle" ? undefined : match[3]?.toLowerCase() };
}

/** Whether two markers say the same: holders count by their first 8 hex digits. */
export function isSameMarker(a: Marker, b: Marker): boolean {
  return markerName(a) === markerName(b);
}
