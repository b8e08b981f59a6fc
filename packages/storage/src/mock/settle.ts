import {
  APPEARS_AFTER_MS,
  linkOf,
  type MockArrays,
  type MockGroup,
  type MockPoint,
  type MockReplica,
  type MockState,
  type MockTransfer,
} from "./mock-state.ts";

import { mirrorPods, runsSchedule, settlePods } from "./pods.ts";

/**
 * Brings all arrays up to `now`: groups appear on their targets, schedules cut, transfers go on, retention gives up what
 * is too old. Nothing runs between two calls; whoever looks next finds what would have happened.
 */
export function settle(arrays: MockArrays, now: number): void {
  settlePods(arrays, now);
  for (const [name, state] of arrays) {
    for (const group of state.groups.filter((each) => runsSchedule(state, each.name))) {
      for (const each of group.targets) appear(arrays, { source: name, group, each }, now);
      runSchedule(arrays, { name, state }, group, now);
      group.points = retained(group.points, group, now);
    }
    mirrorPods(arrays, name);
  }
  for (const [name, state] of arrays) for (const replica of state.replicas) receive(arrays, { name, replica }, now);
}

function appear(
  arrays: MockArrays,
  { source, group, each }: { source: string; group: MockGroup; each: MockGroup["targets"][number] },
  now: number,
): void {
  const target = arrays.get(each.array);
  const sender = arrays.get(source);
  if (!target || !sender || !linkOf(sender, each.array).isUp) return;
  const replica = replicaOf(target, source, group.name);
  if (replica) {
    replica.members = [...group.members];
    each.isAllowed = replica.isAllowed;
  } else if (now >= each.since + APPEARS_AFTER_MS) {
    target.replicas.push({ source, group: group.name, members: [...group.members], isAllowed: false, points: [] });
  }
}

/** The group of another array as it was replicated in. */
export function replicaOf(state: MockState, source: string, group: string): MockReplica | undefined {
  return state.replicas.find((replica) => replica.source === source && replica.group === group);
}

function runSchedule(
  arrays: MockArrays,
  array: { readonly name: string; readonly state: MockState },
  group: MockGroup,
  now: number,
): void {
  const { enabled, intervalMs } = group.replication;
  if (!enabled) return;
  const missed = Math.floor((now - group.scheduledAt) / intervalMs);
  // After a long silence only what retention would still keep is made up for.
  const first = Math.max(1, missed - Math.ceil((group.replication.retention.allForSeconds * 1000) / intervalMs));
  const start = group.scheduledAt;
  for (let round = first; round <= missed; round += 1) {
    const at = start + round * intervalMs;
    cut(arrays, array, group, { suffix: `scheduled-${at}`, at, isScheduled: true });
  }
  if (missed > 0) group.scheduledAt = start + missed * intervalMs;
}

/** Cuts the group at one instant and begins to send it to every target that allows it. */
export function cut(
  arrays: MockArrays,
  { name, state }: { readonly name: string; readonly state: MockState },
  group: MockGroup,
  { suffix, at, isScheduled }: { readonly suffix: string; readonly at: number; readonly isScheduled: boolean },
): MockPoint {
  const volumes = group.members.flatMap((member) => {
    const volume = liveVolume(state, member);
    return volume ? [{ name: volume.name, bytes: volume.bytes, content: volume.content }] : [];
  });
  const point: MockPoint = { suffix, createdAt: at, isScheduled, isDestroyed: false, volumes };
  group.points.push(point);
  for (const target of group.targets.filter((each) => each.isAllowed)) {
    const receiver = arrays.get(target.array);
    const replica = receiver && replicaOf(receiver, name, group.name);
    if (!replica?.isAllowed) continue;
    const durationMs = Math.max(1, linkOf(state, target.array).transferMs);
    replica.points.push({ ...point, durationMs, doneMs: 0, countedAt: at, completedAt: null });
  }
  return point;
}

function receive(
  arrays: MockArrays,
  { name, replica }: { readonly name: string; readonly replica: MockReplica },
  now: number,
): void {
  const sender = arrays.get(replica.source);
  const link = sender && linkOf(sender, name);
  for (const transfer of replica.points.filter((each) => each.completedAt === null)) {
    if (link?.isUp) advance(transfer, link.stallAtProgress, now);
    transfer.countedAt = now;
  }
  const group = sender?.groups.find((each) => each.name === replica.group);
  if (group) replica.points = retained(replica.points, group, now);
}

function advance(transfer: MockTransfer, stallAtProgress: number | null, now: number): void {
  const most = stallAtProgress === null ? transfer.durationMs : transfer.durationMs * stallAtProgress;
  const wanted = transfer.doneMs + (now - transfer.countedAt);
  if (wanted >= transfer.durationMs && most >= transfer.durationMs) {
    transfer.completedAt = now - (wanted - transfer.durationMs);
  }
  transfer.doneMs = Math.max(transfer.doneMs, Math.min(wanted, most));
}

/** Scheduled points within the retention, and all that were made by hand. */
function retained<Point extends MockPoint>(points: Point[], group: MockGroup, now: number): Point[] {
  const { allForSeconds, perDay, days } = group.replication.retention;
  const dayMs = 86_400_000;
  const kept = new Map<number, number>();
  return points.filter((point) => {
    const ageMs = now - point.createdAt;
    if (!point.isScheduled || ageMs <= allForSeconds * 1000) return true;
    const day = Math.floor(point.createdAt / dayMs);
    const count = kept.get(day) ?? 0;
    if (count >= perDay || ageMs > allForSeconds * 1000 + days * dayMs) return false;
    kept.set(day, count + 1);
    return true;
  });
}

/** The live volume of that name; names are matched without regard to case. */
export function liveVolume(state: MockState, name: string) {
  return state.volumes.find((volume) => !volume.isDestroyed && volume.name.toLowerCase() === name.toLowerCase());
}
