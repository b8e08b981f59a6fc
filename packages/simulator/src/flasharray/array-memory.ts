import type { Problem, StoredGroup, StoredHost, StoredPoint, StoredSnapshot, StoredVolume } from "./objects.ts";

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
  readonly volumes: readonly StoredVolume[];
  readonly snapshots: readonly StoredSnapshot[];
  readonly groups: readonly StoredGroup[];
  readonly points: readonly StoredPoint[];
  readonly hosts: readonly StoredHost[];
  readonly defaultProtection: readonly string[];
  readonly problems: readonly Problem[];
  readonly bin: readonly (StoredVolume | StoredSnapshot)[];
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
  for (const group of memory.groups) {
    group.dueAt = undefined;
    if (group.nextPointAt !== undefined) group.nextPointAt = Math.max(group.nextPointAt, now);
    if (group.nextLocalPointAt !== undefined) group.nextLocalPointAt = Math.max(group.nextLocalPointAt, now);
  }
  for (const point of memory.points) {
    for (const transfer of point.outgoing) if (transfer.completedAt === undefined) transfer.since = now;
  }
}
