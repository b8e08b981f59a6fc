import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { podIn } from "./named-objects.ts";
import type { StoredGroup } from "./objects.ts";

/** @throws ArrayError for an object of a pod that this array cannot serve now: its half is offline or resyncing. */
export function requireServing(state: ArrayState, name: string): void {
  const half = state.halfOf(name);
  if (!half || half.status === "online") return;
  throw new ArrayError(name, `Pod is ${half.status} on this array.`);
}

/** A group in a pod holds volumes of that pod, one outside holds none of any. @throws ArrayError */
export function requireSamePod(group: StoredGroup, volume: string): void {
  if (podIn(group.name) === podIn(volume)) return;
  throw new ArrayError(volume, `Volume and protection group ${group.name} are not in the same pod.`);
}

/**
 * What comes from outside does not get into a stretched pod.
 * @param options `snapshotsOnly`: volumes do.
 * @throws ArrayError
 */
export function requireInPod(
  state: ArrayState,
  source: string,
  options: { readonly into: string; readonly snapshotsOnly: boolean },
): void {
  const pod = state.podOf(options.into);
  if (!pod || pod.halves.length < 2 || podIn(source) === podIn(options.into)) return;
  if (options.snapshotsOnly && !source.includes(".")) return;
  throw new ArrayError(options.into, "Cannot restore into a stretched pod from a source outside of the pod.");
}
