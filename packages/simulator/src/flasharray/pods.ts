import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { Contents } from "./contents.ts";
import { fabricOf } from "./fabric.ts";
import { catchUp, freeze, removePod } from "./halves.ts";
import type { StoredHalf, StoredPod } from "./objects.ts";
import { requireName } from "./volumes.ts";

const MOST_ARRAYS = 2;

/** A pod on one array. @throws ArrayError when the name is taken. */
export function createPod(state: ArrayState, name: string): StoredPod {
  requireName(name);
  if (name.includes("::") || name.includes("/")) throw new ArrayError(name, "Invalid pod name.");
  const pod: StoredPod = {
    id: state.random.uuid(),
    name,
    createdAt: state.now(),
    destroyedAt: undefined,
    halves: [newHalf(state, new Contents(state.name))],
    failoverPreferences: [],
    preElected: undefined,
    isTogether: true,
  };
  state.pods.add(pod);
  return pod;
}

function newHalf(array: ArrayState, contents: Contents): StoredHalf {
  return { array, contents, status: "online", frozenAt: undefined, resync: undefined };
}

/**
 * Stretches a pod to another array, which begins to take over what is in it.
 * @throws ArrayError unless the arrays are connected for it, reach each other, and the other has no pod of that name.
 */
export function stretchPod(state: ArrayState, name: string, other: string): StoredPod {
  const pod = livePod(state, name);
  const fabric = fabricOf(state);
  const target = fabric.array(other);
  const link = fabric.link(state.name, other);
  if (pod.halves.some(({ array }) => array === target)) throw new ArrayError(name, "Pod already exists on the array.");
  if (pod.halves.length >= MOST_ARRAYS) throw new ArrayError(name, "Maximum number of arrays per pod: limit reached.");
  if (!target || !link) throw new ArrayError(other, "Array does not exist.");
  if (!link.isSync) throw new ArrayError(other, "Array is not connected for synchronous replication.");
  if (!fabric.isOpen(state, other)) throw new ArrayError(other, "Array is not connected.");
  target.pods.add(pod);
  const half = newHalf(target, new Contents(target.name));
  pod.halves.push(half);
  catchUp(half, { now: state.now(), resyncMs: link.resyncMs });
  return pod;
}

/** Takes a pod off one of its two arrays, where a destroyed copy stays for a while. */
export function unstretchPod(state: ArrayState, name: string, from: string): void {
  const pod = livePod(state, name);
  const gone = pod.halves.find(({ array }) => array.name.toLowerCase() === from.toLowerCase());
  if (!gone || pod.halves.length < 2) throw new ArrayError(name, "Pod is not stretched to the array.");
  const kept = pod.halves.find((half) => half !== gone);
  if (kept?.status !== "online") throw new ArrayError(name, "Pod cannot be unstretched while it is not online.");
  if (gone.contents === kept.contents) freeze(gone, { other: kept, name: `${pod.name}.restretch` });
  pod.halves = [kept];
  pod.preElected = undefined;
  pod.isTogether = true;
  gone.array.pods.remove(pod);
  for (const volume of kept.contents.volumes.all()) gone.array.connections.delete(volume.id);
  const left: StoredPod = {
    ...pod,
    id: state.random.uuid(),
    name: `${pod.name}.restretch`,
    halves: [newHalf(gone.array, gone.contents)],
    destroyedAt: state.now(),
    failoverPreferences: [],
  };
  gone.array.pods.add(left);
}

/** Destroys or recovers a pod. @throws ArrayError while it is stretched, or has contents that are not to go with it. */
export function setPodDestroyed(
  state: ArrayState,
  name: string,
  change: { readonly isDestroyed: boolean; readonly withContents: boolean },
): StoredPod {
  const pod = state.pods.any(name);
  if (!change.isDestroyed) {
    if (/\.(restretch|undo-demote)/.test(pod.name)) throw new ArrayError(name, "Pod cannot be recovered.");
    pod.destroyedAt = undefined;
    return pod;
  }
  livePod(state, name);
  if (pod.halves.length > 1) throw new ArrayError(name, "Pod cannot be destroyed while it is stretched.");
  const contents = pod.halves[0]?.contents;
  if (contents?.isEmpty === false) {
    if (!change.withContents) throw new ArrayError(name, "Pod cannot be destroyed while it is not empty.");
    const at = state.now();
    for (const object of contents.withBytes()) object.destroyedAt ??= at;
    for (const group of contents.groups.all()) group.destroyedAt ??= at;
  }
  pod.destroyedAt = state.now();
  return pod;
}

/** Eradicates a destroyed pod with what is in it. */
export function eradicatePod(state: ArrayState, name: string, options: { readonly withContents: boolean }): void {
  const pod = state.pods.any(name);
  if (pod.destroyedAt === undefined) throw new ArrayError(name, "Pod has not been destroyed.");
  state.requireEradication();
  const contents = pod.halves[0]?.contents;
  if (!options.withContents && contents && [...contents.withBytes()].length > 0) {
    throw new ArrayError(name, "Pod cannot be eradicated while it is not empty.");
  }
  removePod(state, pod);
}

/** Moves a volume into or out of a pod; its own snapshots go with it. @throws ArrayError for a stretched one. */
export function moveVolume(state: ArrayState, name: string, to: string): void {
  const volume = state.volumes.live(name);
  const target = to === "" ? undefined : livePod(state, to);
  for (const pod of [state.podOf(name), target]) {
    if (pod && pod.halves.length > 1) {
      throw new ArrayError(name, "Volume cannot be moved into or out of a stretched pod.");
    }
  }
  const base = volume.name.split("::").at(-1) ?? volume.name;
  const moved = target ? `${target.name}::${base}` : base;
  state.volumes.requireFree(moved);
  const before = state.contentsOf(volume.name);
  const objects = [volume, ...volume.ownSnapshots];
  for (const group of before.groups.all()) group.members.delete(volume);
  before.volumes.remove(volume);
  for (const snapshot of volume.ownSnapshots) before.snapshots.remove(snapshot);
  const { length } = volume.name;
  for (const object of objects) object.name = moved + object.name.slice(length);
  state.volumes.add(volume);
  for (const snapshot of volume.ownSnapshots) state.snapshots.add(snapshot);
}

/** @throws ArrayError unless it is there and lives. */
export function livePod(state: ArrayState, name: string): StoredPod {
  return state.pods.live(name);
}
