import type { ArrayState } from "./array-state.ts";
import type { StoredVolume } from "./objects.ts";

/** A volume's connection to a host, as one array sees it. */
export interface HostConnection {
  /** `ARRAY:HOST` for a host of the other array of the volume's pod. */
  readonly host: string;
  readonly lun: number;
  readonly isLocal: boolean;
}

/** Connections of a volume. Of one in a stretched pod those on the other array too, while the arrays reach each other. */
export function hostsOf(state: ArrayState, volume: StoredVolume): readonly HostConnection[] {
  const local = [...(state.connections.get(volume.id) ?? [])].map(([host, lun]) => ({ host, lun, isLocal: true }));
  const remote = partnersOf(state, volume.name).flatMap((other) =>
    [...(other.connections.get(volume.id) ?? [])].map(([host, lun]) => ({
      host: `${other.name}:${host}`,
      lun,
      isLocal: false,
    })),
  );
  return [...local, ...remote];
}

/** The other array of an object's pod, if it can be reached. */
export function partnersOf(state: ArrayState, name: string): readonly ArrayState[] {
  const pod = state.podOf(name);
  if (!pod?.isTogether) return [];
  return pod.halves.flatMap(({ array }) => (array === state ? [] : [array]));
}

/** The arrays that share a pod with this one and can be reached. */
export function podPartners(state: ArrayState): readonly ArrayState[] {
  return [...new Set([...state.pods.all()].flatMap((pod) => partnersOf(state, `${pod.name}::`)))];
}
