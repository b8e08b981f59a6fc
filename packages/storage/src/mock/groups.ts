import { podOf } from "../names.ts";
import type { ArrayGroup, ReplicationSettings } from "../storage-array.ts";
import type { MockArrays, MockGroup, MockReplica, MockState } from "./mock-state.ts";
import { requireServing } from "./pods.ts";
import { refuse } from "./refusal.ts";
import { liveVolume, replicaOf } from "./settle.ts";

const OFF: ReplicationSettings = {
  enabled: false,
  intervalMs: 3_600_000,
  retention: { allForSeconds: 86_400, perDay: 4, days: 7 },
};

/** A group made here, or `<source array>:<group>` as it was replicated in. */
export function findGroup(state: MockState, name: string): ArrayGroup | undefined {
  const made = state.groups.find((group) => group.name === name);
  if (made) return groupView(made);
  const replica = state.replicas.find(({ source, group }) => `${source}:${group}` === name);
  return replica && replicaView(replica);
}

export function ensureGroup(state: MockState, name: string, now: number): void {
  requireServing(state, name);
  if (state.groups.some((group) => group.name === name)) return;
  state.groups.push({ name, members: [], targets: [], replication: OFF, scheduledAt: now, points: [] });
}

/** @throws OutsideError `final` when there is no such group. */
export function requireGroup(state: MockState, name: string): MockGroup {
  requireServing(state, name);
  const group = state.groups.find((each) => each.name === name);
  if (!group) throw refuse("group", `protection group ${name} does not exist`);
  return group;
}

/** @throws OutsideError `final` when a volume does not exist. */
export function setMembers(state: MockState, name: string, volumes: readonly string[]): void {
  requireGroup(state, name).members = volumes.map((each) => {
    const volume = liveVolume(state, each);
    if (!volume) throw refuse("set members", `volume ${each} does not exist`);
    if (podOf(each) !== podOf(name)) throw refuse("set members", `volume ${each} and group ${name} are not in one pod`);
    return volume.name;
  });
}

/** @throws OutsideError `needs_operator` when no such array is in the directory. */
export function ensureTarget(
  { arrays, state, now }: { readonly arrays: MockArrays; readonly state: MockState; readonly now: number },
  name: string,
  target: string,
): void {
  const group = requireGroup(state, name);
  const other = arrays.get(target);
  if (!other || other === state) throw refuse("add target", `array ${target} is not connected`, "needs_operator");
  if (group.targets.some((each) => each.array === target)) return;
  group.targets.push({ array: target, isAllowed: false, since: now });
}

export function removeTarget(state: MockState, name: string, target: string): void {
  const group = requireGroup(state, name);
  const index = group.targets.findIndex((each) => each.array === target);
  if (index >= 0) group.targets.splice(index, 1);
}

/** @throws OutsideError `waiting` until the group has appeared. */
export function allow(state: MockState, source: string, group: string): void {
  const replica = replicaOf(state, source, group);
  if (!replica) throw refuse("allow replication", `group ${source}:${group} has not appeared yet`, "waiting");
  replica.isAllowed = true;
}

/** What is on its way is dropped. */
export function disallow(state: MockState, source: string, group: string): void {
  const replica = replicaOf(state, source, group);
  if (!replica) return;
  replica.isAllowed = false;
  replica.points = replica.points.filter((point) => point.completedAt !== null);
}

export function setReplication(group: MockGroup, settings: ReplicationSettings, now: number): void {
  const { enabled, intervalMs } = group.replication;
  if (enabled !== settings.enabled || intervalMs !== settings.intervalMs) group.scheduledAt = now;
  group.replication = settings;
}

export function destroyGroup(state: MockState, name: string): void {
  requireServing(state, name);
  state.groups = state.groups.filter((group) => group.name !== name);
}

function groupView({ name, members, targets, replication }: MockGroup): ArrayGroup {
  return {
    name,
    members: [...members],
    targets: targets.map(({ array, isAllowed }) => ({ array, isAllowed })),
    replication: { enabled: replication.enabled, intervalMs: replication.intervalMs },
  };
}

function replicaView({ source, group, members }: MockReplica): ArrayGroup {
  return {
    name: `${source}:${group}`,
    members: [...members],
    targets: [],
    replication: { enabled: false, intervalMs: OFF.intervalMs },
  };
}
