import type { PointSource, PointVolume, RecoveryPoint } from "../storage-array.ts";
import type { MockPoint, MockSnapshot, MockState, MockTransfer } from "./mock-state.ts";
import { requireServing } from "./pods.ts";
import { refuse } from "./refusal.ts";
import { replicaOf } from "./settle.ts";

const SUFFIX = /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** @throws OutsideError `final` unless an array would take the suffix. */
export function requireSuffix(suffix: string): void {
  if (!SUFFIX.test(suffix)) throw refuse("cut point", `'${suffix}' cannot be the suffix of a snapshot`);
}

/** Points of a group that are not destroyed, newest data first. */
export function pointsOf(state: MockState, source: PointSource): readonly RecoveryPoint[] {
  return standing(state, source)
    .map((point) => pointView(source, point))
    .sort((a, b) => b.createdAt - a.createdAt || (a.suffix < b.suffix ? 1 : -1));
}

export function pointOf(state: MockState, source: PointSource, suffix: string): RecoveryPoint | undefined {
  return pointsOf(state, source).find((point) => point.suffix === suffix);
}

/** What a point holds, with the names of its snapshots on the asked array. */
export function volumesOf(state: MockState, source: PointSource, suffix: string): readonly PointVolume[] {
  const point = standing(state, source).find((each) => each.suffix === suffix);
  const prefix = source.array === undefined ? source.group : `${source.array}:${source.group}`;
  return (point?.volumes ?? []).map(({ name, bytes }) => ({
    sourceVolume: name,
    snapshot: `${prefix}.${suffix}.${name}`,
    bytes,
  }));
}

/**
 * One volume of a point; undefined when either is not there.
 * @throws OutsideError `waiting` while the point is on its way.
 */
export function heldBy(
  state: MockState,
  source: PointSource,
  { suffix, volume }: { readonly suffix: string; readonly volume: string },
): MockSnapshot | undefined {
  if (source.array === undefined) requireServing(state, source.group);
  const point = standing(state, source).find((each) => each.suffix === suffix);
  const held = point?.volumes.find(({ name }) => name.toLowerCase() === volume.toLowerCase());
  if (!point || !held) return undefined;
  if (!pointView(source, point).isUsable) {
    throw refuse("clone volume", `point ${suffix} of ${source.group} is not complete`, "waiting");
  }
  return held;
}

export function destroyPoint(state: MockState, source: PointSource, suffix: string): void {
  if (source.array === undefined) requireServing(state, source.group);
  const point = standing(state, source).find((each) => each.suffix === suffix);
  if (point) point.isDestroyed = true;
}

function standing(state: MockState, { group, array }: PointSource): readonly (MockPoint | MockTransfer)[] {
  const points =
    array === undefined
      ? state.groups.find((each) => each.name === group)?.points
      : replicaOf(state, array, group)?.points;
  return (points ?? []).filter((point) => !point.isDestroyed);
}

function pointView({ group }: PointSource, point: MockPoint | MockTransfer): RecoveryPoint {
  const { suffix, createdAt } = point;
  if (!("durationMs" in point)) {
    return { group, suffix, createdAt, completedAt: createdAt, progress: 1, isUsable: true, bytesSent: 0 };
  }
  const progress = point.doneMs / point.durationMs;
  const bytes = point.volumes.reduce((sum, volume) => sum + volume.bytes, 0);
  return {
    group,
    suffix,
    createdAt,
    completedAt: point.completedAt ?? undefined,
    progress,
    isUsable: point.completedAt !== null,
    bytesSent: Math.round(bytes * progress),
  };
}
