import type { Marker } from "./storage-array.ts";

/** First 12 hex digits of a protection group's id: short enough for every array name, long enough to be alone. */
export function shortGroupId(groupId: string): string {
  return groupId.replaceAll("-", "").slice(0, 12);
}

/** Name of the array protection group of a protection group. */
export function arrayGroupName(groupId: string): string {
  return `protector-${shortGroupId(groupId)}`;
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
