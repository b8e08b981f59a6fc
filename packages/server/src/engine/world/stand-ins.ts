import type { Volume } from "@protector/openstack";
import { podOf, type StorageArray } from "@protector/storage";
import type { SiteAccess } from "./site-access.ts";

/**
 * What Cinder's volume is called on the array. On real arrays only what Cinder's driver says counts (metadata can be
 * edited by tenants); an array that holds no data knows the volume by a name of our own where the driver gives none.
 */
export function arrayNameOf(
  { array, pod }: Pick<SiteAccess, "array" | "pod">,
  volume: Pick<Volume, "id" | "providerId">,
): string | undefined {
  if (array.holdsData) return volume.providerId ?? undefined;
  const name = volume.providerId ?? standInName(volume.id);
  // Of a group in a pod it stands in for a volume there, wherever Cinder has the real one.
  return pod === undefined || podOf(name) !== undefined ? name : `${pod}::${name}`;
}

/** Name of a volume of Cinder on an array that holds no data. */
export function standInName(volumeId: string): string {
  return `volume-${volumeId}`;
}

/** Cinder has deleted a volume: an array that holds no data is told, since nobody else does. */
export async function forgetStandIn(array: StorageArray, volumeId: string): Promise<void> {
  if (!array.holdsData) await array.destroyVolume(standInName(volumeId));
}
