import { ApiError, badRequest } from "../core/api-error.ts";
import type { Caller } from "../core/call.ts";
import { createOnArray, currentArray, deleteOnArray, GIB, pathsOf, unmanageOnArray } from "./pure-driver.ts";
import type { VolumeAttachmentRecord, VolumeRecord, VolumeTypeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";

/** What a new volume is to be. */
export interface NewVolume {
  readonly name: string;
  readonly description: string | null;
  readonly sizeGiB: number;
  readonly type: VolumeTypeRecord;
  readonly metadata: Record<string, string>;
  readonly imageMetadata: Record<string, string>;
  readonly isBootable: boolean;
  readonly isMultiattach: boolean;
  readonly availabilityZone: string;
  /** Volume to copy. */
  readonly source?: VolumeRecord;
  readonly groupId?: string;
}

/** A volume record with nothing behind it yet. */
export function newRecord(
  state: VolumeState,
  owner: Pick<Caller, "userId" | "projectId">,
  wanted: NewVolume,
): VolumeRecord {
  const now = state.environment.now();
  return {
    id: state.environment.uuid(),
    name: wanted.name,
    description: wanted.description,
    status: "creating",
    sizeGiB: wanted.sizeGiB,
    typeId: wanted.type.id,
    isBootable: wanted.isBootable,
    isMultiattach: wanted.isMultiattach,
    metadata: wanted.metadata,
    imageMetadata: wanted.imageMetadata,
    projectId: owner.projectId ?? "",
    userId: owner.userId,
    availabilityZone: wanted.availabilityZone,
    backend: state.backendFor(wanted.type),
    providerId: undefined,
    replicationStatus: null,
    groupId: wanted.groupId,
    createdAt: now,
    updatedAt: now,
    attachments: [],
    isManaged: false,
  };
}

/** Accepts a new volume; it becomes `available`, or `error` when the array refuses. @throws ApiError 413 over quota. */
export function createVolume(
  state: VolumeState,
  owner: Pick<Caller, "userId" | "projectId">,
  wanted: NewVolume,
): VolumeRecord {
  const more = { volumes: 1, gigabytes: wanted.sizeGiB, type: wanted.type.name };
  state.requireQuota(owner.projectId ?? "", more);
  // What its content brings along is known when the content is there.
  const volume = newRecord(state, owner, { ...wanted, isBootable: false, imageMetadata: {} });
  state.volumes.set(volume.id, volume);
  later(state, volume, {
    ms: state.durations.createMs,
    work: () => {
      createOnArray(state, volume, wanted.source?.providerId);
      volume.isBootable = wanted.isBootable;
      volume.imageMetadata = wanted.imageMetadata;
      volume.status = "available";
    },
  });
  return volume;
}

/** Background work on one volume: an array that refuses or does not answer leaves the volume in `error`. */
export function later(
  state: VolumeState,
  volume: VolumeRecord,
  task: { readonly ms: number; readonly work: () => void; readonly failed?: string },
): void {
  state.environment.after(task.ms, () => {
    if (!state.volumes.has(volume.id)) return;
    try {
      task.work();
    } catch {
      volume.status = task.failed ?? "error";
    }
    volume.updatedAt = state.environment.now();
  });
}

const REMOVABLE = ["available", "error", "error_restoring", "error_extending", "error_managing"];

function isRemovable(state: VolumeState, { id, status, groupId, attachments }: VolumeRecord): boolean {
  const hasSnapshots = state.snapshots.values().some(({ volumeId }) => volumeId === id);
  return REMOVABLE.includes(status) && groupId === undefined && attachments.length === 0 && !hasSnapshots;
}

/** @throws ApiError 400 when the volume is attached, grouped, busy, or has snapshots. */
export function deleteVolume(state: VolumeState, volume: VolumeRecord): void {
  if (!isRemovable(state, volume)) {
    throw badRequest(
      "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.",
    );
  }
  volume.status = "deleting";
  later(state, volume, {
    ms: state.durations.deleteMs,
    failed: "error_deleting",
    work: () => {
      deleteOnArray(state, volume);
      state.volumes.delete(volume.id);
    },
  });
}

/** @throws ApiError 400 when the volume is attached, grouped or busy. */
export function unmanageVolume(state: VolumeState, volume: VolumeRecord): void {
  if (!isRemovable(state, volume)) {
    throw badRequest(
      "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.",
    );
  }
  volume.status = "unmanaging";
  later(state, volume, {
    ms: state.durations.unmanageMs,
    failed: "error_unmanaging",
    work: () => {
      unmanageOnArray(state, volume);
      state.volumes.delete(volume.id);
    },
  });
}

/**
 * One that is in use stays so, and its guest sees the size. One that waits for a server (`reserved`) is refused.
 * @throws ApiError 400 when the size does not grow or the volume is busy; 413 over quota.
 */
export function extendVolume(
  state: VolumeState,
  volume: VolumeRecord,
  wanted: { readonly sizeGiB: number; readonly isInUseAllowed: boolean },
): void {
  const { sizeGiB, isInUseAllowed } = wanted;
  const expected = isInUseAllowed && volume.status === "in-use" ? "in-use" : "available";
  if (!(sizeGiB > volume.sizeGiB)) {
    throw badRequest(
      `Invalid input received: New size for extend must be greater than current size. (current: ${volume.sizeGiB}, extended: ${sizeGiB}).`,
    );
  }
  if (volume.status !== expected) {
    throw badRequest(
      `Invalid volume: Volume ${volume.id} status must be '{'status': '${expected}'}' to extend, currently ${volume.status}.`,
    );
  }
  const type = state.types.get(volume.typeId)?.name ?? "";
  state.requireQuota(volume.projectId, { volumes: 0, gigabytes: sizeGiB - volume.sizeGiB, type });
  volume.status = "extending";
  later(state, volume, {
    ms: state.durations.createMs,
    failed: "error_extending",
    work: () => {
      currentArray(volume.backend).growVolume(volume.providerId ?? "", sizeGiB * GIB);
      volume.sizeGiB = sizeGiB;
      volume.status = volume.attachments.length > 0 ? "in-use" : "available";
    },
  });
}

/** Reserves a volume for a server. @throws ApiError 400 when it is not free. */
export function reserveVolume(state: VolumeState, volume: VolumeRecord, serverId: string): VolumeAttachmentRecord {
  const isShareable = volume.isMultiattach && volume.status === "in-use";
  if (volume.status !== "available" && !isShareable) {
    throw new ApiError(
      400,
      `Invalid volume: Volume ${volume.id} status must be available or downloading to reserve, but the current status is ${volume.status}.`,
    );
  }
  const id = state.environment.uuid();
  const attachedAt = state.environment.now();
  const attachment = { id, serverId, device: "", host: undefined, arrayHost: undefined, attachedAt };
  volume.attachments.push(attachment);
  volume.status = isShareable ? volume.status : "reserved";
  return attachment;
}

/** Attaches a volume to a server that waits shelved: it is in use, and connected nowhere. */
export function attachWithoutHost(state: VolumeState, volume: VolumeRecord, serverId: string): VolumeAttachmentRecord {
  const attachment = reserveVolume(state, volume, serverId);
  attachment.isWithoutHost = true;
  volume.status = "in-use";
  return attachment;
}

/** Connects a reserved volume to a compute host. @throws what the array throws. */
export function connectVolume(
  state: VolumeState,
  volume: VolumeRecord,
  place: { readonly serverId: string; readonly device: string; readonly host: string; readonly arrayHost: string },
): void {
  const attachment = volume.attachments.find((each) => each.serverId === place.serverId);
  if (!attachment) return;
  const name = volume.providerId ?? "";
  const array = currentArray(volume.backend);
  const hosts = array.findVolume(name)?.hosts ?? [];
  const others = hosts.filter((host) => host.split(":").at(-1) !== place.arrayHost);
  if (others.length > 0 && !volume.isMultiattach) {
    state.environment.report("connected_twice", `${name} on ${array.name}: ${[...others, place.arrayHost].join(", ")}`);
  }
  for (const path of pathsOf(volume)) path.connect(name, place.arrayHost);
  Object.assign(attachment, {
    device: place.device,
    host: place.host,
    arrayHost: place.arrayHost,
    isWithoutHost: false,
  });
  attachment.attachedAt = state.environment.now();
  volume.status = "in-use";
}

/** Ends a server's connection; the reservation stays (`keepReservation`) or goes too. */
export function releaseVolume(
  state: VolumeState,
  volume: VolumeRecord,
  release: { readonly serverId: string; readonly keepReservation: boolean },
): void {
  const attachment = volume.attachments.find((each) => each.serverId === release.serverId);
  if (!attachment) return;
  const { arrayHost } = attachment;
  const isShared = volume.attachments.some((each) => each !== attachment && each.arrayHost === arrayHost);
  if (arrayHost !== undefined && !isShared) disconnect(volume, arrayHost);
  attachment.arrayHost = undefined;
  attachment.host = undefined;
  if (!release.keepReservation) volume.attachments = volume.attachments.filter((each) => each !== attachment);
  const isConnected = volume.attachments.some((each) => each.arrayHost !== undefined);
  volume.status = isConnected ? "in-use" : volume.attachments.length > 0 ? "reserved" : "available";
  volume.updatedAt = state.environment.now();
}

function disconnect(volume: VolumeRecord, arrayHost: string): void {
  const array = currentArray(volume.backend);
  for (const path of pathsOf(volume)) {
    // The other array of a pod may be offline; the driver goes on without a word.
    if (path !== array && !path.isUp) continue;
    const found = path.findVolume(volume.providerId ?? "");
    // A connection that someone already ended on the array is not missed by the driver.
    if (found?.hosts.includes(arrayHost)) path.disconnect(found.name, arrayHost);
  }
}
