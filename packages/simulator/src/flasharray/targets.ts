import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { fabricOf } from "./fabric.ts";
import { requireUnlocked, setGroupDestroyed } from "./groups.ts";
import type { StoredGroup, StoredTarget } from "./objects.ts";

const MOST_TARGETS = 4;

/** Lets a group of this array replicate to another, once that array allows it. */
export function addTarget(state: ArrayState, group: StoredGroup, name: string): void {
  if (group.targets.has(name.toLowerCase())) {
    throw new ArrayError(group.name, "Protection group already includes the target.");
  }
  const link = fabricOf(state).link(state.name, name);
  if (!link || name.toLowerCase() === state.name.toLowerCase()) {
    throw new ArrayError(name, "Target array could not be found.");
  }
  if (group.targets.size >= MOST_TARGETS) throw new ArrayError(group.name, "Target limit reached.");
  group.targets.set(name.toLowerCase(), {
    array: link.other(state).name,
    isAllowed: false,
    appearsAt: state.now() + link.appearDelayMs,
    hasAppeared: false,
  });
  group.dueAt = undefined;
}

export function removeTarget(state: ArrayState, group: StoredGroup, name: string): void {
  requireUnlocked(group);
  const target = group.targets.get(name.toLowerCase());
  if (!target) throw new ArrayError(name, "Target does not exist.");
  fabricOf(state).cancel(group, target.array);
  group.targets.delete(name.toLowerCase());
}

/** The source's entry for this array, seen from a replicated-in group. */
export function targetEntry(state: ArrayState, replica: StoredGroup): StoredTarget | undefined {
  return sourceGroup(state, replica)?.targets.get(state.name.toLowerCase());
}

/**
 * Allows or refuses what replicates in. Only the target array can.
 * @throws ArrayError for a group that was made on this array.
 */
export function setAllowed(state: ArrayState, replica: StoredGroup, isAllowed: boolean): void {
  if (!replica.origin) throw new ArrayError(replica.name, "Only the target array can allow replication.");
  const source = sourceGroup(state, replica);
  const target = targetEntry(state, replica);
  if (!source || !target) throw new ArrayError(replica.name, "Target does not exist.");
  target.isAllowed = isAllowed;
  source.dueAt = undefined;
  if (!isAllowed) fabricOf(state).cancel(source, state.name);
}

/** Destroys a group with all that is under way; a replicated-in one takes nothing more from its source. */
export function destroyGroup(state: ArrayState, group: StoredGroup): void {
  setGroupDestroyed(state, group, true);
  for (const target of group.targets.values()) fabricOf(state).cancel(group, target.array);
  const source = group.origin && sourceGroup(state, group);
  const target = source?.targets.get(state.name.toLowerCase());
  if (!source || !target) return;
  target.isAllowed = false;
  fabricOf(state).cancel(source, state.name);
}

function sourceGroup(state: ArrayState, replica: StoredGroup): StoredGroup | undefined {
  return fabricOf(state)
    .array(replica.origin?.array ?? "")
    ?.groups.find(replica.origin?.group ?? "");
}
