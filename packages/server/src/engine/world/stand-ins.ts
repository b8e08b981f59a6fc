import type { Volume } from "@protector/openstack";
import type { StorageArray } from "@protector/storage";

/**
 * What Cinder's volume is called on the array. On real arrays only what Cinder's driver says counts (metadata can be
 * edited by tenants); an array that holds no data knows the volume by a name of our own where the driver gives none.
 */
export function arrayNameOf(array: StorageArray, volume: Pick<Volume, "id" | "providerId">): string | undefined {
  return volume.providerId ?? (array.holdsData ? undefined : standInName(volume.id));
}

/** Name of a volume of Cinder on an array that holds no data. */
export function standInName(volumeId: string): string {
  return `volume-${volumeId}`;
}

/** Cinder has deleted a volume: an array that holds no data is told, since nobody else does. */
export async function forgetStandIn(array: StorageArray, volumeId: string): Promise<void> {
  if (!array.holdsData) await array.destroyVolume(standInName(volumeId));
}
