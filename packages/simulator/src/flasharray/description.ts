import type { ArrayState } from "./array-state.ts";
import { hostsOf } from "./connections.ts";
import type { Fabric } from "./fabric.ts";
import type { Problem } from "./objects.ts";

/** An array as plain data. Times and random ids are left out, except what identifies content. */
export interface ArrayDescription {
  readonly name: string;
  readonly volumes: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly isDestroyed: boolean;
    readonly hosts: readonly string[];
    readonly writes: number;
    readonly lastWrite: string | null;
  }[];
  readonly snapshots: readonly { readonly name: string; readonly isDestroyed: boolean; readonly writes: number }[];
  readonly groups: readonly {
    readonly name: string;
    readonly isDestroyed: boolean;
    readonly members: readonly string[];
    readonly targets: readonly string[];
    readonly isReplicating: boolean;
    readonly frequencyMs: number;
  }[];
  readonly points: readonly {
    readonly name: string;
    readonly isDestroyed: boolean;
    readonly progress: number;
  }[];
  readonly pods: readonly {
    readonly name: string;
    readonly isDestroyed: boolean;
    readonly halves: readonly string[];
  }[];
  readonly problems: readonly Pick<Problem, "kind" | "object">[];
}

export function describeArray(state: ArrayState, fabric: Fabric): ArrayDescription {
  return {
    name: state.name,
    volumes: sorted(state.volumes.all()).map((volume) => ({
      name: volume.name,
      bytes: volume.bytes,
      isDestroyed: volume.destroyedAt !== undefined,
      hosts: hostsOf(state, volume)
        .map(({ host }) => host)
        .sort(),
      writes: volume.content.length,
      lastWrite: volume.content.last?.text ?? null,
    })),
    snapshots: sorted(state.snapshots.all()).map((snapshot) => ({
      name: snapshot.name,
      isDestroyed: snapshot.destroyedAt !== undefined,
      writes: snapshot.content.length,
    })),
    groups: sorted(state.groups.all()).map((group) => ({
      name: group.name,
      isDestroyed: group.destroyedAt !== undefined,
      members: group.origin ? [...group.heardMembers].sort() : [...group.members].map((volume) => volume.name).sort(),
      targets: [...group.targets.values()].map(
        (target) => `${target.array}${target.isAllowed ? "" : " (not allowed)"}`,
      ),
      isReplicating: group.replicationSchedule.enabled,
      frequencyMs: group.replicationSchedule.frequency,
    })),
    points: sorted(state.points.all()).map((point) => ({
      name: point.name,
      isDestroyed: point.destroyedAt !== undefined,
      progress: point.incoming
        ? fabric.progressOf(sourceOf(fabric, point.group.origin?.array, state), point.incoming)
        : 1,
    })),
    pods: sorted(state.pods.all()).map((pod) => ({
      name: pod.name,
      isDestroyed: pod.destroyedAt !== undefined,
      halves: pod.halves.map(({ array, status }) => `${array.name} ${status}`),
    })),
    problems: state.problems.map(({ kind, object }) => ({ kind, object })),
  };
}

function sourceOf(fabric: Fabric, name: string | undefined, fallback: ArrayState): ArrayState {
  return (name === undefined ? undefined : fabric.array(name)) ?? fallback;
}

function sorted<T extends { readonly name: string }>(objects: Iterable<T>): T[] {
  return [...objects].sort((a, b) => (a.name < b.name ? -1 : 1));
}
