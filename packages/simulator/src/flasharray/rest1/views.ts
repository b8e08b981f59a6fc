import { replicaPrefix } from "../groups.ts";
import type { ArrayObject, StoredGroup, StoredHost, StoredPoint, StoredSnapshot, StoredVolume } from "../objects.ts";
import { targetEntry } from "../targets.ts";
import { isoTime, type Rest1Call } from "./call.ts";

/** Whether a listing shows the object: destroyed ones only on demand. */
export function isListed(call: Rest1Call, object: ArrayObject): boolean {
  if (call.given.flag("pending_only")) return object.destroyedAt !== undefined;
  return object.destroyedAt === undefined || (call.given.flag("pending") ?? false);
}

type Perishable = StoredVolume | StoredSnapshot | StoredGroup | StoredPoint;

/** Seconds until eradication, for callers that asked for destroyed objects; null while it lives. */
function remaining(call: Rest1Call, object: Perishable): object {
  if (!call.given.flag("pending") && !call.given.flag("pending_only")) return {};
  const at = call.state.eradicationOf(object);
  return { time_remaining: at === undefined ? null : Math.max(0, Math.round((at - call.state.now()) / 1000)) };
}

export function volumeView(call: Rest1Call, volume: StoredVolume): object {
  return {
    name: volume.name,
    serial: volume.serial,
    size: volume.bytes,
    source: volume.source.name,
    created: isoTime(call.state.stamp(volume.createdAt)),
    ...remaining(call, volume),
  };
}

export function snapshotView(call: Rest1Call, snapshot: StoredSnapshot): object {
  return {
    name: snapshot.name,
    serial: snapshot.serial,
    size: snapshot.bytes,
    source: snapshot.source.name,
    created: isoTime(snapshot.created),
    ...remaining(call, snapshot),
  };
}

export function hostView(host: StoredHost): object {
  return { name: host.name, iqn: host.iqns, wwn: host.wwns, nqn: host.nqns, hgroup: null };
}

export function groupView(call: Rest1Call, group: StoredGroup): object {
  call.model.fabric.hear(call.state, group);
  const live = [...group.members].filter((volume) => volume.destroyedAt === undefined).map((volume) => volume.name);
  const { origin } = group;
  const volumes = origin
    ? group.heardMembers.map((name) => `${replicaPrefix(group)}:${name.split("::").at(-1)}`)
    : live;
  return {
    name: group.name,
    source: origin ? replicaPrefix(group) : (call.state.podOf(group.name)?.name ?? call.state.name),
    hosts: null,
    hgroups: null,
    volumes: volumes.length > 0 ? volumes : null,
    targets: targetsOf(call, group),
    ...remaining(call, group),
  };
}

function targetsOf(call: Rest1Call, group: StoredGroup): object | null {
  if (group.origin) return [{ name: call.state.name, allowed: targetEntry(call.state, group)?.isAllowed ?? false }];
  const targets = [...group.targets.values()].map(({ array, isAllowed }) => ({ name: array, allowed: isAllowed }));
  return targets.length > 0 ? targets : null;
}

/** Intervals in s. */
export function scheduleView(group: StoredGroup): object {
  const { replicationSchedule: replication, snapshotSchedule: local } = group;
  return {
    name: group.name,
    replicate_enabled: replication.enabled,
    replicate_frequency: replication.frequency / 1000,
    replicate_at: replication.at ?? null,
    replicate_blackout: null,
    snap_enabled: local.enabled,
    snap_frequency: local.frequency / 1000,
    snap_at: local.at ?? null,
  };
}

/** `all_for` in s, `days` in days. */
export function retentionView(group: StoredGroup): object {
  const { sourceRetention: source, targetRetention: target } = group;
  return {
    name: group.name,
    all_for: source.all_for_sec,
    per_day: source.per_day,
    days: source.days,
    target_all_for: target.all_for_sec,
    target_per_day: target.per_day,
    target_days: target.days,
  };
}

export function pointView(call: Rest1Call, point: StoredPoint): object {
  return {
    name: point.name,
    source: point.group.name,
    created: isoTime(point.created),
    ...remaining(call, point),
  };
}

/** How far a point has got, a row for each of its transfers; `progress` is 1 when it has arrived. */
export function transferViews(call: Rest1Call, point: StoredPoint): object[] {
  const { fabric } = call.model;
  const source = point.incoming ? fabric.array(point.group.origin?.array ?? "") : call.state;
  const stamp = (at: number | undefined) => isoTime(at === undefined ? undefined : call.state.stamp(at));
  return (point.incoming ? [point.incoming] : point.outgoing).map((transfer) => {
    const progress = fabric.progressOf(source ?? call.state, transfer);
    return {
      ...pointView(call, point),
      started: stamp(transfer.startedAt),
      completed: stamp(transfer.completedAt),
      progress,
      data_transferred: Math.round(transfer.bytes * progress),
      physical_bytes_written: Math.round(transfer.bytes * progress * 0.5),
    };
  });
}
