import type { ArrayState } from "./array-state.ts";
import { Contents, type ContentsMemory } from "./contents.ts";
import type { Problem, StoredHalf, StoredHost, StoredPod } from "./objects.ts";

/**
 * Everything that an array knows when it comes back after a loss of power. Objects refer to each other, also from array
 * to array, so arrays that replicate are kept and read together.
 */
export interface ArrayMemory {
  readonly name: string;
  readonly id: string;
  /** Serial numbers and snapshot suffixes given out so far. */
  readonly serials: number;
  readonly suffixes: number;
  /** Outside of pods. */
  readonly own: ContentsMemory;
  /** Pods that this array made. */
  readonly pods: readonly PodMemory[];
  /** LUN by host name, by volume id. */
  readonly connections: ReadonlyMap<string, Map<string, number>>;
  readonly hosts: readonly StoredHost[];
  readonly defaultProtection: readonly string[];
  readonly problems: readonly Problem[];
}

/** A pod with all of its halves; halves in sync have the same contents. */
export interface PodMemory {
  readonly pod: Omit<StoredPod, "halves">;
  readonly contents: readonly ContentsMemory[];
  /** `contents` by their place in the list. */
  readonly halves: readonly (Omit<StoredHalf, "array" | "contents"> & {
    readonly array: string;
    readonly contents: number;
  })[];
}

/** Where arrays keep their memory. */
export interface ArraysMemory {
  /** What was written last; empty for arrays that start for the first time. */
  read(): readonly ArrayMemory[];
  /** Has taken place when it returns. */
  write(arrays: readonly ArrayMemory[]): void;
}

/** Goes on at `now` with what the loss of power stopped: nothing was cut and nothing was sent in between. */
export function resume(memory: ArrayMemory, now: number): void {
  for (const contents of [memory.own, ...memory.pods.flatMap((pod) => pod.contents)]) {
    for (const group of contents.groups) {
      group.dueAt = undefined;
      if (group.nextPointAt !== undefined) group.nextPointAt = Math.max(group.nextPointAt, now);
      if (group.nextLocalPointAt !== undefined) group.nextLocalPointAt = Math.max(group.nextLocalPointAt, now);
    }
    for (const point of contents.points) {
      for (const transfer of point.outgoing) if (transfer.completedAt === undefined) transfer.since = now;
    }
  }
}

/** What the array that made a pod remembers of it. */
export function memoryOf(pod: StoredPod): PodMemory {
  const { halves, ...facts } = pod;
  const contents = [...new Set(halves.map((half) => half.contents))];
  return {
    pod: facts,
    contents: contents.map(({ memory }) => memory),
    halves: halves.map((half) => ({
      ...half,
      array: half.array.name,
      contents: contents.indexOf(half.contents),
    })),
  };
}

/** The pod as it was. What was catching up begins anew at `now`. @param arrays by name. */
export function podOf(memory: PodMemory, arrays: (name: string) => ArrayState, now: number): StoredPod {
  const contents = memory.contents.map((each) => {
    const made = new Contents(each.keeper);
    made.recall(each);
    return made;
  });
  const halves = memory.halves.map((half) => ({
    ...half,
    array: arrays(half.array),
    resync: half.resync && { ...half.resync, since: now },
    contents: contents[half.contents] ?? new Contents(half.array),
  }));
  return { ...memory.pod, halves };
}
