import { ArrayError } from "../../flasharray/block-array.ts";
import type { Backend, GroupRecord, VolumeRecord } from "./records.ts";
import { REPLICATION_GROUP, type VolumeState } from "./volume-state.ts";

export const GIB = 2 ** 30;

/** What the driver names a volume's object on the array. */
export const arrayVolumeName = (volumeId: string): string => `volume-${volumeId}-cinder`;
/** What the driver names a consistent group's object on the array. */
export const arrayGroupName = (groupId: string): string => `consisgroup-${groupId}-cinder`;

/** A reference that `manage` cannot take; Cinder only logs it and sets the volume to `error`. */
export class ManageExistingInvalidReference extends Error {
  override readonly name = "ManageExistingInvalidReference";
}

/** Makes the array volume and fills in the fields that the driver owns; metadata is merged. */
export function createOnArray(state: VolumeState, volume: VolumeRecord, source?: string): void {
  const { array } = volume.backend;
  const name = arrayVolumeName(volume.id);
  if (source === undefined) array.createVolume(name, volume.sizeGiB * GIB);
  else {
    array.cloneVolume(source, name);
    if ((array.findVolume(name)?.bytes ?? 0) < volume.sizeGiB * GIB) array.growVolume(name, volume.sizeGiB * GIB);
  }
  volume.metadata = { ...volume.metadata, ...arrayMetadata(volume) };
  adopt(state, volume);
}

/**
 * Renames `reference` to the volume's own name. The volume's metadata is REPLACED, as the driver's model update does.
 * @throws ManageExistingInvalidReference when there is no such volume or it has connections.
 */
export function manageOnArray(state: VolumeState, volume: VolumeRecord, reference: string): void {
  const { array } = volume.backend;
  const found = array.findVolume(reference);
  if (!found || found.isDestroyed) throw new ManageExistingInvalidReference(`Volume ${reference} not found`);
  if (found.hosts.length > 0) throw new ManageExistingInvalidReference(`Volume ${reference} is connected to a host`);
  const owner = state.volumes
    .values()
    .find((other) => other.providerId === found.name && other.backend.array === array);
  if (owner)
    state.environment.report("managed_twice", `${found.name} of volume ${owner.id} was managed into ${volume.id}`);
  array.renameVolume(found.name, arrayVolumeName(volume.id));
  volume.metadata = arrayMetadata(volume);
  adopt(state, volume);
}

/** GiB that Cinder records for an array volume: rounded up. Undefined when there is no such volume. */
export function sizeOnArray(backend: Backend, reference: string): number | undefined {
  const found = backend.array.findVolume(reference);
  return found && !found.isDestroyed ? Math.ceil(found.bytes / GIB) : undefined;
}

/** Gives the array volume back under the name `…-unmanaged`; a missing one is only logged by the driver. */
export function unmanageOnArray(volume: VolumeRecord): void {
  const { array } = volume.backend;
  const name = volume.providerId ?? arrayVolumeName(volume.id);
  if (array.findVolume(name)?.isDestroyed === false) array.renameVolume(name, `${name}-unmanaged`);
}

/** Ends what connections are left and destroys the array volume; a missing one is only logged by the driver. */
export function deleteOnArray(volume: VolumeRecord): void {
  const { array } = volume.backend;
  const name = volume.providerId ?? arrayVolumeName(volume.id);
  const found = array.findVolume(name);
  if (!found || found.isDestroyed) return;
  for (const host of found.hosts) array.disconnect(name, host);
  array.destroyVolume(name);
}

/** Adds and removes members of a consistent group's array group. */
export function updateGroupOnArray(
  group: GroupRecord,
  change: { readonly add: readonly VolumeRecord[]; readonly remove: readonly VolumeRecord[] },
): void {
  const { array } = group.backend;
  for (const volume of change.add) array.addToGroup(arrayGroupName(group.id), volume.providerId ?? "");
  for (const volume of change.remove) array.removeFromGroup(arrayGroupName(group.id), volume.providerId ?? "");
}

const arrayMetadata = (volume: VolumeRecord) => ({
  array_volume_name: arrayVolumeName(volume.id),
  array_name: volume.backend.array.name,
});

function adopt(state: VolumeState, volume: VolumeRecord): void {
  volume.providerId = arrayVolumeName(volume.id);
  volume.replicationStatus = "disabled";
  if (!state.isReplicated(volume.typeId)) return;
  volume.backend.array.ensureGroup(REPLICATION_GROUP);
  try {
    volume.backend.array.addToGroup(REPLICATION_GROUP, volume.providerId);
  } catch (error) {
    // A volume that was given back by unmanage is still a member; the driver takes that refusal for success.
    if (!(error instanceof ArrayError && /already belongs/i.test(error.message))) throw error;
  }
  volume.replicationStatus = "enabled";
}
