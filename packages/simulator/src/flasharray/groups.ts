import type { BytesOwner } from "../content/volume-bytes.ts";
import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { podIn } from "./named-objects.ts";
import type { StoredGroup, StoredPoint, StoredSnapshot, StoredTransfer, StoredVolume } from "./objects.ts";
import { requireSamePod, requireServing } from "./pod-rules.ts";
import { removeSnapshot, requireName, requireSuffix } from "./volumes.ts";

/** A new, empty group. `origin` names the array and group that it is the replica of. */
export function createGroup(state: ArrayState, name: string, origin?: StoredGroup["origin"]): StoredGroup {
  if (!origin) requireName(name);
  requireServing(state, name);
  const group: StoredGroup = {
    id: state.random.uuid(),
    name,
    createdAt: state.now(),
    destroyedAt: undefined,
    members: new Set(),
    targets: new Map(),
    points: new Map(),
    replicationSchedule: { enabled: false, frequency: 14_400_000, at: undefined, blackout: undefined },
    snapshotSchedule: { enabled: false, frequency: 3_600_000, at: undefined, blackout: undefined },
    sourceRetention: { all_for_sec: 86_400, days: 7, per_day: 4 },
    targetRetention: { all_for_sec: 86_400, days: 7, per_day: 4 },
    retentionLock: "unlocked",
    origin,
    heardMembers: [],
    nextPointAt: undefined,
    nextLocalPointAt: undefined,
    dueAt: undefined,
  };
  state.groups.add(group);
  return group;
}

/** @throws ArrayError unless the live group was made on this array. */
export function localGroup(state: ArrayState, name: string): StoredGroup {
  requireServing(state, name);
  const group = state.groups.live(name);
  if (group.origin) throw new ArrayError(name, "Operation is not permitted on a replicated protection group.");
  return group;
}

/**
 * @throws ArrayError when the volume is a member already, as one array release does (the front end may swallow it), and
 * when it is not in the group's pod.
 */
export function addMember(group: StoredGroup, volume: StoredVolume): void {
  requireSamePod(group, volume.name);
  if (group.members.has(volume)) throw new ArrayError(volume.name, "Volume already belongs to the protection group.");
  group.members.add(volume);
}

export function removeMember(group: StoredGroup, volume: StoredVolume): void {
  if (!group.members.has(volume)) {
    throw new ArrayError(volume.name, "Protection group does not include the volume: member does not exist.");
  }
  requireUnlocked(group);
  group.members.delete(volume);
}

/** @throws ArrayError for a group that SafeMode has locked. */
export function requireUnlocked(group: StoredGroup): void {
  if (group.retentionLock === "ratcheted") {
    throw new ArrayError(group.name, "Operation is not permitted while the retention lock is ratcheted.");
  }
}

/** Destroys or recovers a group; its live snapshots go and come along. */
export function setGroupDestroyed(state: ArrayState, group: StoredGroup, isDestroyed: boolean): void {
  requireServing(state, group.name);
  if (isDestroyed === (group.destroyedAt !== undefined)) {
    if (isDestroyed) throw new ArrayError(group.name, "Protection group has been destroyed.");
    return;
  }
  if (isDestroyed) requireUnlocked(group);
  const before = group.destroyedAt;
  group.destroyedAt = isDestroyed ? state.now() : undefined;
  group.dueAt = undefined;
  for (const point of group.points.values()) {
    // One that had been destroyed before its group stays so, however short before that was.
    if (point.destroyedAt === before && point.wasDestroyedAlone !== true) markPoint(point, group.destroyedAt);
  }
}

/** Destroys (as of `at`) or recovers one group snapshot with its volume snapshots. */
export function setPointDestroyed(point: StoredPoint, isDestroyed: boolean, at: number): void {
  if (isDestroyed === (point.destroyedAt !== undefined)) {
    if (isDestroyed) throw new ArrayError(point.name, "Protection group snapshot has been destroyed.");
    return;
  }
  markPoint(point, isDestroyed ? at : undefined);
  point.wasDestroyedAlone = isDestroyed;
}

function markPoint(point: StoredPoint, destroyedAt: number | undefined): void {
  point.destroyedAt = destroyedAt;
  point.group.dueAt = undefined;
  for (const snapshot of point.volumes) snapshot.destroyedAt = destroyedAt;
}

export function removePoint(state: ArrayState, point: StoredPoint): void {
  for (const snapshot of point.volumes) removeSnapshot(state, snapshot);
  state.points.remove(point);
  point.group.points.delete(point.suffix.toLowerCase());
  point.group.dueAt = undefined;
}

export function removeGroup(state: ArrayState, group: StoredGroup): void {
  for (const point of [...group.points.values()]) removePoint(state, point);
  state.groups.remove(group);
}

/** How a group snapshot is cut. */
export interface CutOptions {
  readonly suffix: string | undefined;
  readonly isRetained: boolean;
}

/** Cuts every live member at one instant. */
export function cutPoint(state: ArrayState, group: StoredGroup, options: CutOptions & { at?: number }): StoredPoint {
  if (options.suffix !== undefined) requireSuffix(options.suffix);
  const at = options.at ?? state.now();
  const point = newPoint(state, group, {
    suffix: options.suffix ?? state.nextSuffix(),
    cutAt: at,
    created: state.stamp(at),
    isRetained: options.isRetained,
    incoming: undefined,
  });
  try {
    for (const volume of group.members) {
      if (volume.destroyedAt !== undefined) continue;
      const part = { ...volume, source: { id: volume.id, name: volume.name } };
      addPart(state, point, { ...part, owner: state.owner(volume) });
    }
  } catch (error) {
    removePoint(state, point);
    throw error;
  }
  return point;
}

/** What stands before the names of a replicated-in group's objects: its source array, or the pod that it is in there. */
export function replicaPrefix(replica: Pick<StoredGroup, "origin">): string {
  return podIn(replica.origin?.group ?? "") ?? replica.origin?.array ?? "";
}

/** Name of a group on its targets: `ARRAY:GROUP`, and `POD:GROUP` with one colon for one in a pod. */
export function replicaName(array: string, group: string): string {
  return podIn(group) === undefined ? `${array}:${group}` : group.replace("::", ":");
}

/** The same point as it shows on the target while it arrives. `from` is the array that has the original. */
export function mirrorPoint(
  state: ArrayState,
  replica: StoredGroup,
  original: { readonly point: StoredPoint; readonly incoming: StoredTransfer; readonly from: ArrayState },
): StoredPoint {
  const source = replicaPrefix(replica);
  const point = newPoint(state, replica, { ...original.point, incoming: original.incoming });
  for (const part of original.point.volumes) {
    const name = part.name.slice(original.point.name.length + 1);
    const owner = original.from.owner(part);
    addPart(state, point, { ...part, name, source: { id: null, name: `${source}:${name}` }, owner });
  }
  return point;
}

type PointFacts = Pick<StoredPoint, "suffix" | "cutAt" | "created" | "isRetained" | "incoming">;

function newPoint(state: ArrayState, group: StoredGroup, facts: PointFacts): StoredPoint {
  const point: StoredPoint = {
    id: state.random.uuid(),
    name: `${group.name}.${facts.suffix}`,
    suffix: facts.suffix,
    cutAt: facts.cutAt,
    created: facts.created,
    isRetained: facts.isRetained,
    incoming: facts.incoming,
    group,
    volumes: [],
    outgoing: [],
    eradicationDelayMs: undefined,
    destroyedAt: undefined,
  };
  state.points.add(point);
  group.points.set(facts.suffix.toLowerCase(), point);
  group.dueAt = undefined;
  return point;
}

function addPart(
  state: ArrayState,
  point: StoredPoint,
  volume: Pick<StoredSnapshot, "name" | "bytes" | "content" | "source"> & { readonly owner: BytesOwner },
): void {
  const snapshot: StoredSnapshot = {
    id: state.random.uuid(),
    name: `${point.name}.${volume.name.split("::").at(-1)}`,
    suffix: point.suffix,
    serial: state.nextSerial(),
    created: point.created,
    bytes: volume.bytes,
    content: volume.content,
    source: volume.source,
    volume: undefined,
    point,
    destroyedAt: undefined,
  };
  state.bytes.copy(volume.owner, state.owner(snapshot), snapshot.bytes);
  state.snapshots.add(snapshot);
  point.volumes.push(snapshot);
}
