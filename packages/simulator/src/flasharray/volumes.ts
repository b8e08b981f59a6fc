import { BLANK, type Content } from "../content/content.ts";
import type { BytesOwner } from "../content/volume-bytes.ts";
import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { hostsOf } from "./connections.ts";
import { podIn } from "./named-objects.ts";
import { NO_REFERENCE, type StoredSnapshot, type StoredVolume } from "./objects.ts";
import { requireInPod, requireSamePod, requireServing } from "./pod-rules.ts";
import { isComplete } from "./transfers.ts";

const MIB = 2 ** 20;
const LARGEST_BYTES = 2 ** 52;

/** What a new volume is to be put into besides existing. */
export interface VolumePlacement {
  /** Put it into the array's default protection groups. */
  readonly withDefaultProtection: boolean;
  readonly groups?: readonly string[];
}

const NOWHERE: VolumePlacement = { withDefaultProtection: false };

/** @throws ArrayError unless the size is one that a volume may have. */
export function requireSize(name: string, bytes: number): void {
  if (!Number.isInteger(bytes) || bytes < MIB || bytes > LARGEST_BYTES) {
    throw new ArrayError(name, "Invalid size: must be between 1 MiB and 4 PiB.");
  }
  if (bytes % 512 !== 0) throw new ArrayError(name, "Invalid size: must be a multiple of 512 bytes.");
}

/** @throws ArrayError unless a new volume, group or host may have this name. */
export function requireName(name: string): void {
  const last = name.split(/::|\//).at(-1) ?? "";
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/.test(last)) {
    throw new ArrayError(name, "Invalid name: 1 to 63 letters, digits, '-' and '_'.");
  }
}

/** @throws ArrayError unless the suffix may name a snapshot. */
export function requireSuffix(suffix: string): void {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(suffix) || !/[A-Za-z-]/.test(suffix)) {
    throw new ArrayError(suffix, "Invalid snapshot suffix.");
  }
}

export function createVolume(state: ArrayState, name: string, bytes: number, placement = NOWHERE): StoredVolume {
  requireSize(name, bytes);
  return addVolume(state, { name, bytes, content: BLANK, source: NO_REFERENCE, owner: undefined }, placement);
}

/** Copies a volume or snapshot into a new volume. */
export function cloneVolume(state: ArrayState, source: string, name: string, placement = NOWHERE): StoredVolume {
  const from = sourceOf(state, source);
  requireInPod(state, source, { into: name, snapshotsOnly: true });
  return addVolume(state, { ...from, name, source: from.volume }, placement);
}

/**
 * Replaces the content of `name` by that of `source`. The array does it under connected hosts too and notes that as a
 * problem: a mounted file system would have been corrupted.
 */
export function overwriteVolume(state: ArrayState, source: string, name: string): StoredVolume {
  const from = sourceOf(state, source);
  requireServing(state, name);
  requireInPod(state, source, { into: name, snapshotsOnly: false });
  const volume = state.volumes.live(name);
  const hosts = hostsOf(state, volume).map(({ host }) => host);
  if (hosts.length > 0) {
    state.problems.push({
      at: state.now(),
      kind: "overwritten_while_connected",
      object: volume.name,
      detail: `hosts ${hosts.join(", ")}, source ${source}`,
    });
  }
  putBytes(state, from.owner, volume, from.bytes);
  volume.content = from.content;
  volume.bytes = from.bytes;
  volume.source = from.volume;
  volume.createdAt = state.now();
  return volume;
}

interface CopySource {
  readonly bytes: number;
  readonly content: Content;
  readonly volume: StoredVolume["source"];
  /** Whose bytes it has; undefined = zeros. */
  readonly owner: BytesOwner | undefined;
}

function putBytes(
  state: ArrayState,
  from: BytesOwner | undefined,
  to: StoredVolume | StoredSnapshot,
  bytes: number,
): void {
  if (from) state.bytes.copy(from, state.owner(to), bytes);
  else state.bytes.create(state.owner(to), bytes);
}

function sourceOf(state: ArrayState, name: string): CopySource {
  requireServing(state, name);
  const volume = state.volumes.find(name);
  if (volume || !name.includes(".")) {
    const live = state.volumes.live(name);
    const volume = { id: live.id, name: live.name };
    return { bytes: live.bytes, content: live.content, volume, owner: state.owner(live) };
  }
  const snapshot = state.snapshots.live(name);
  const incoming = snapshot.point?.incoming;
  if (!incoming || isComplete(incoming)) {
    const { bytes, content, source } = snapshot;
    return { bytes, content, volume: source, owner: state.owner(snapshot) };
  }
  state.problems.push({
    at: state.now(),
    kind: "cloned_incomplete_snapshot",
    object: snapshot.name,
    detail: "its transfer had not ended",
  });
  return { bytes: snapshot.bytes, content: BLANK, volume: snapshot.source, owner: undefined };
}

function addVolume(
  state: ArrayState,
  made: Pick<StoredVolume, "name" | "bytes" | "content" | "source"> & Pick<CopySource, "owner">,
  placement: VolumePlacement,
): StoredVolume {
  requireName(made.name);
  requireServing(state, made.name);
  state.volumes.requireFree(made.name);
  if (state.volumes.size >= state.volumeLimit) {
    throw new ArrayError(made.name, "Volume limit reached.");
  }
  const isDefended = placement.withDefaultProtection && podIn(made.name) === undefined;
  const groups = [...(isDefended ? state.defaultProtection : []), ...(placement.groups ?? [])];
  const joined = groups.map((group) => state.groups.live(group));
  for (const group of joined) requireSamePod(group, made.name);
  const volume: StoredVolume = {
    name: made.name,
    bytes: made.bytes,
    content: made.content,
    source: made.source,
    id: state.random.uuid(),
    serial: state.nextSerial(),
    createdAt: state.now(),
    destroyedAt: undefined,
    ownSnapshots: new Set(),
    limits: { iops: undefined, bytesPerSecond: undefined },
  };
  state.volumes.add(volume);
  try {
    putBytes(state, made.owner, volume, made.bytes);
  } catch (error) {
    state.volumes.remove(volume);
    throw error;
  }
  for (const group of joined) group.members.add(volume);
  return volume;
}

/** Renames a volume, destroyed ones too; its own snapshots follow, its parts of group snapshots keep their names. */
export function renameVolume(state: ArrayState, from: string, to: string): StoredVolume {
  requireServing(state, from);
  const volume = state.volumes.any(from);
  requireName(to);
  state.volumes.rename(volume, to);
  for (const snapshot of volume.ownSnapshots) state.snapshots.rename(snapshot, `${to}.${snapshot.suffix}`);
  return volume;
}

export function resizeVolume(state: ArrayState, name: string, bytes: number): StoredVolume {
  requireServing(state, name);
  const volume = state.volumes.live(name);
  requireSize(name, bytes);
  if (bytes < volume.bytes) throw new ArrayError(name, "Volume size cannot be reduced without truncate.");
  state.bytes.grow(state.owner(volume), bytes);
  volume.bytes = bytes;
  return volume;
}

export function destroyVolume(state: ArrayState, name: string): StoredVolume {
  requireServing(state, name);
  const volume = state.volumes.live(name);
  const hosts = hostsOf(state, volume).map(({ host }) => host);
  if (hosts.length > 0) {
    const detail = `hosts ${hosts.join(", ")}`;
    state.problems.push({ at: state.now(), kind: "destroyed_while_connected", object: volume.name, detail });
  }
  const { bin } = state.contentsOf(volume.name);
  volume.destroyedAt = state.now();
  bin.add(volume);
  for (const snapshot of volume.ownSnapshots) {
    if (snapshot.destroyedAt !== undefined) continue;
    snapshot.destroyedAt = volume.destroyedAt;
    bin.add(snapshot);
  }
  return volume;
}

export function recoverVolume(state: ArrayState, name: string): StoredVolume {
  requireServing(state, name);
  const volume = state.volumes.any(name);
  const { bin } = state.contentsOf(volume.name);
  for (const snapshot of volume.ownSnapshots) {
    if (snapshot.destroyedAt !== volume.destroyedAt) continue;
    snapshot.destroyedAt = undefined;
    bin.delete(snapshot);
  }
  volume.destroyedAt = undefined;
  bin.delete(volume);
  return volume;
}

/** Eradicates by hand. */
export function eradicateVolume(state: ArrayState, name: string): void {
  requireServing(state, name);
  const volume = state.volumes.any(name);
  if (volume.destroyedAt === undefined) throw new ArrayError(name, "Volume has not been destroyed.");
  state.requireEradication();
  for (const group of state.groups.all()) {
    if (group.retentionLock === "ratcheted" && group.members.has(volume)) {
      throw new ArrayError(null, "Eradication is disabled.");
    }
  }
  removeVolume(state, volume);
}

/** Takes a volume out for good, with its own snapshots and its memberships. */
export function removeVolume(state: ArrayState, volume: StoredVolume): void {
  for (const snapshot of [...volume.ownSnapshots]) removeSnapshot(state, snapshot);
  for (const group of state.groups.all()) group.members.delete(volume);
  const owner = state.owner(volume);
  state.contentsOf(volume.name).bin.delete(volume);
  state.connections.delete(volume.id);
  state.volumes.remove(volume);
  state.bytes.remove(owner);
}

export function removeSnapshot(state: ArrayState, snapshot: StoredSnapshot): void {
  const owner = state.owner(snapshot);
  state.contentsOf(snapshot.name).bin.delete(snapshot);
  state.snapshots.remove(snapshot);
  snapshot.volume?.ownSnapshots.delete(snapshot);
  state.bytes.remove(owner);
}

export function snapshotVolume(state: ArrayState, name: string, suffix: string | undefined): StoredSnapshot {
  requireServing(state, name);
  const volume = state.volumes.live(name);
  if (suffix !== undefined) requireSuffix(suffix);
  const given = suffix ?? state.nextSuffix();
  const snapshot: StoredSnapshot = {
    id: state.random.uuid(),
    name: `${volume.name}.${given}`,
    suffix: given,
    serial: state.nextSerial(),
    created: state.stamp(state.now()),
    bytes: volume.bytes,
    content: volume.content,
    source: { id: volume.id, name: volume.name },
    volume,
    point: undefined,
    destroyedAt: undefined,
  };
  state.snapshots.requireFree(snapshot.name);
  putBytes(state, state.owner(volume), snapshot, snapshot.bytes);
  state.snapshots.add(snapshot);
  volume.ownSnapshots.add(snapshot);
  return snapshot;
}

/** Renames a snapshot of one volume; `to` is the whole new name or its suffix alone. */
export function renameSnapshot(state: ArrayState, from: string, to: string): StoredSnapshot {
  const snapshot = ownSnapshot(state, from);
  const volume = snapshot.volume?.name ?? "";
  const suffix = to.slice(to.lastIndexOf(".") + 1);
  if (to.includes(".") && to.slice(0, -suffix.length - 1).toLowerCase() !== volume.toLowerCase()) {
    throw new ArrayError(from, "Snapshot cannot be renamed to another volume.");
  }
  requireSuffix(suffix);
  state.snapshots.rename(snapshot, `${volume}.${suffix}`);
  snapshot.suffix = suffix;
  return snapshot;
}

/** @throws ArrayError for parts of a group snapshot: they go with it. */
export function ownSnapshot(state: ArrayState, name: string): StoredSnapshot {
  requireServing(state, name);
  const snapshot = state.snapshots.any(name);
  if (snapshot.point) throw new ArrayError(name, "Volume snapshot is part of a protection group snapshot.");
  return snapshot;
}

export function destroySnapshot(state: ArrayState, name: string): StoredSnapshot {
  const snapshot = ownSnapshot(state, name);
  if (snapshot.destroyedAt !== undefined) throw new ArrayError(name, "Volume snapshot has been destroyed.");
  snapshot.destroyedAt = state.now();
  state.contentsOf(snapshot.name).bin.add(snapshot);
  return snapshot;
}

export function recoverSnapshot(state: ArrayState, name: string): StoredSnapshot {
  const snapshot = ownSnapshot(state, name);
  if (snapshot.volume?.destroyedAt !== undefined) throw new ArrayError(name, "Volume has been destroyed.");
  snapshot.destroyedAt = undefined;
  state.contentsOf(snapshot.name).bin.delete(snapshot);
  return snapshot;
}

export function eradicateSnapshot(state: ArrayState, name: string): void {
  const snapshot = ownSnapshot(state, name);
  if (snapshot.destroyedAt === undefined) throw new ArrayError(name, "Volume snapshot has not been destroyed.");
  state.requireEradication();
  removeSnapshot(state, snapshot);
}
