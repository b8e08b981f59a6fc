import { ArrayDownError, ArrayError, type BlockArray } from "../../flasharray/block-array.ts";
import type { Backend, GroupRecord, VolumeRecord } from "./records.ts";
import { REPLICATION_GROUP, REPLICATION_POD, type VolumeState } from "./volume-state.ts";

export const GIB = 2 ** 30;

/** Where the driver puts objects of a type: before their names stands the pod, for volumes that replicate synchronously. */
const placeOf = (state: VolumeState, typeId: string) =>
  state.replicationOf(typeId) === "sync" ? `${REPLICATION_POD}::` : "";

/** What the driver names a volume's object on the array. */
export const arrayVolumeName = (state: VolumeState, { id, typeId }: Pick<VolumeRecord, "id" | "typeId">): string =>
  `${placeOf(state, typeId)}volume-${id}-cinder`;

/** What the driver names a consistent group's object on the array: in the pod when one of its types belongs there. */
export const arrayGroupName = (state: VolumeState, { id, volumeTypeIds }: GroupRecord): string => {
  const place = volumeTypeIds.map((typeId) => placeOf(state, typeId)).find((each) => each !== "") ?? "";
  return `${place}consisgroup-${id}-cinder`;
};

const isInPod = (name: string) => name.includes("::");

/** What the driver does when it starts: it goes on without a sync device that does not answer. */
export function startDriver(state: VolumeState): void {
  for (const { sync } of state.backends) if (sync) sync.isLeftOut = !sync.array.isUp;
}

/**
 * The array that the driver works on. Before each work it asks its sync device for the pod.
 * @throws ArrayDownError while that one does not answer or has no such pod, although the backend's own array may answer:
 * Zed's driver then does nothing at all, not even make the pod. Started again meanwhile it goes on without that array.
 */
export function currentArray({ array, sync }: Backend): BlockArray {
  if (!sync || sync.isLeftOut) return array;
  if (!sync.array.isUp || !sync.array.hasPod(REPLICATION_POD))
    throw new ArrayDownError("No functional arrays available");
  return array;
}

/** Arrays over which a host reaches a volume: with a uniform device both of its pod. */
export function pathsOf({ backend, providerId }: VolumeRecord): readonly BlockArray[] {
  const { array, sync } = backend;
  const hasBoth = sync?.isUniform && !sync.isLeftOut && isInPod(providerId ?? "");
  return hasBoth ? [array, sync.array] : [array];
}

/** A reference that `manage` cannot take; Cinder only logs it and sets the volume to `error`. */
export class ManageExistingInvalidReference extends Error {
  override readonly name = "ManageExistingInvalidReference";
}

/** A type that `manage` cannot take a volume into: nothing gets into a stretched pod. */
export class ManageExistingVolumeTypeMismatch extends Error {
  override readonly name = "ManageExistingVolumeTypeMismatch";
}

/** Makes the array volume and fills in the fields that the driver owns; metadata is merged. */
export function createOnArray(state: VolumeState, volume: VolumeRecord, source?: string): void {
  const array = currentArray(volume.backend);
  const name = arrayVolumeName(state, volume);
  if (source === undefined) array.createVolume(name, volume.sizeGiB * GIB);
  else {
    array.cloneVolume(source, name);
    if ((array.findVolume(name)?.bytes ?? 0) < volume.sizeGiB * GIB) array.growVolume(name, volume.sizeGiB * GIB);
  }
  volume.metadata = { ...volume.metadata, ...arrayMetadata(state, volume) };
  adopt(state, volume);
}

/**
 * Renames `reference` to the volume's own name. The volume's metadata is REPLACED, as the driver's model update does.
 * @throws ManageExistingInvalidReference when there is no such volume, it has connections or is in a pod.
 * @throws ManageExistingVolumeTypeMismatch for a type that replicates synchronously.
 */
export function manageOnArray(state: VolumeState, volume: VolumeRecord, reference: string): void {
  const array = currentArray(volume.backend);
  if (isInPod(reference)) throw new ManageExistingInvalidReference("Unable to manage volume in a Pod");
  if (state.replicationOf(volume.typeId) === "sync") {
    throw new ManageExistingVolumeTypeMismatch("Unable to manage volume with type requiring sync replication");
  }
  const found = array.findVolume(reference);
  if (!found || found.isDestroyed) throw new ManageExistingInvalidReference(`Volume ${reference} not found`);
  if (found.hosts.length > 0) throw new ManageExistingInvalidReference(`Volume ${reference} is connected to a host`);
  const owner = state.volumes
    .values()
    .find((other) => other.providerId === found.name && other.backend.array === array);
  if (owner)
    state.environment.report("managed_twice", `${found.name} of volume ${owner.id} was managed into ${volume.id}`);
  array.renameVolume(found.name, arrayVolumeName(state, volume));
  volume.metadata = arrayMetadata(state, volume);
  adopt(state, volume);
}

/** GiB that Cinder records for an array volume: rounded up. Undefined when there is no such volume. */
export function sizeOnArray(backend: Backend, reference: string): number | undefined {
  const found = isInPod(reference) ? undefined : currentArray(backend).findVolume(reference);
  return found && !found.isDestroyed ? Math.ceil(found.bytes / GIB) : undefined;
}

/** Gives the array volume back under the name `…-unmanaged`; a missing one is only logged by the driver. */
export function unmanageOnArray(state: VolumeState, volume: VolumeRecord): void {
  const array = currentArray(volume.backend);
  const name = volume.providerId ?? arrayVolumeName(state, volume);
  if (array.findVolume(name)?.isDestroyed === false) array.renameVolume(name, `${name}-unmanaged`);
}

/** Ends what connections are left and destroys the array volume; a missing one is only logged by the driver. */
export function deleteOnArray(state: VolumeState, volume: VolumeRecord): void {
  const array = currentArray(volume.backend);
  const name = volume.providerId ?? arrayVolumeName(state, volume);
  const found = array.findVolume(name);
  if (!found || found.isDestroyed) return;
  for (const host of found.hosts) array.disconnect(name, host);
  array.destroyVolume(name);
}

/** Adds and removes members of a consistent group's array group. */
export function updateGroupOnArray(
  state: VolumeState,
  group: GroupRecord,
  change: { readonly add: readonly VolumeRecord[]; readonly remove: readonly VolumeRecord[] },
): void {
  const array = currentArray(group.backend);
  const name = arrayGroupName(state, group);
  for (const volume of change.add) array.addToGroup(name, volume.providerId ?? "");
  for (const volume of change.remove) array.removeFromGroup(name, volume.providerId ?? "");
}

const arrayMetadata = (state: VolumeState, volume: VolumeRecord) => ({
  array_volume_name: arrayVolumeName(state, volume),
  array_name: volume.backend.array.name,
});

function adopt(state: VolumeState, volume: VolumeRecord): void {
  volume.providerId = arrayVolumeName(state, volume);
  const kind = state.replicationOf(volume.typeId);
  volume.replicationStatus = kind === "none" ? "disabled" : "enabled";
  if (kind !== "async") return;
  volume.backend.array.ensureGroup(REPLICATION_GROUP);
  try {
    volume.backend.array.addToGroup(REPLICATION_GROUP, volume.providerId);
  } catch (error) {
    // A volume that was given back by unmanage is still a member; the driver takes that refusal for success.
    if (!(error instanceof ArrayError && /already belongs/i.test(error.message))) throw error;
  }
}
