import { type ApiVersion, isAtLeast } from "../api-version.ts";
import type { ArrayState } from "../array-state.ts";
import { hostsOf } from "../connections.ts";
import type { Fabric } from "../fabric.ts";
import { replicaPrefix } from "../groups.ts";
import {
  NO_REFERENCE,
  type Reference,
  type StoredGroup,
  type StoredPoint,
  type StoredSchedule,
  type StoredSnapshot,
  type StoredTransfer,
  type StoredVolume,
} from "../objects.ts";

const SPACE = { data_reduction: 1, shared: null, snapshots: 0, system: null, thin_provisioning: 0, total_reduction: 1 };

/** ms until an object is eradicated; null while it lives. */
function timeRemaining(state: ArrayState, object: StoredVolume | StoredSnapshot | StoredGroup | StoredPoint) {
  const at = state.eradicationOf(object);
  return at === undefined ? null : Math.max(0, at - state.now());
}

/** The pod that an object is in. */
function podReference(state: ArrayState, object: { readonly name: string }): Reference {
  const pod = state.podOf(object.name);
  return pod ? { id: pod.id, name: pod.name } : NO_REFERENCE;
}

export function volumeItem(state: ArrayState, volume: StoredVolume): object {
  return {
    id: volume.id,
    name: volume.name,
    serial: volume.serial,
    provisioned: volume.bytes,
    created: state.stamp(volume.createdAt),
    destroyed: volume.destroyedAt !== undefined,
    time_remaining: timeRemaining(state, volume),
    connection_count: hostsOf(state, volume).length,
    subtype: "regular",
    source: volume.source,
    pod: podReference(state, volume),
    volume_group: NO_REFERENCE,
    requested_promotion_state: "promoted",
    promotion_status: "promoted",
    qos: { bandwidth_limit: volume.limits.bytesPerSecond ?? null, iops_limit: volume.limits.iops ?? null },
    priority: 0,
    priority_adjustment: { priority_adjustment_operator: "+", priority_adjustment_value: 0 },
    host_encryption_key_status: "none",
    space: { ...SPACE, total_physical: volume.content.length * 65_536, total_provisioned: volume.bytes },
  };
}

export function snapshotItem(state: ArrayState, snapshot: StoredSnapshot): object {
  return {
    id: snapshot.id,
    name: snapshot.name,
    suffix: snapshot.suffix,
    serial: snapshot.serial,
    provisioned: snapshot.bytes,
    created: snapshot.created,
    destroyed: snapshot.destroyedAt !== undefined,
    time_remaining: timeRemaining(state, snapshot.point ?? snapshot),
    source: snapshot.source,
    pod: podReference(state, snapshot),
    volume_group: NO_REFERENCE,
    space: { ...SPACE, total_physical: 0, total_provisioned: snapshot.bytes },
  };
}

export function groupItem(state: ArrayState, group: StoredGroup, version: ApiVersion): object {
  const pod = state.podOf(group.name);
  const members = group.origin ? group.heardMembers.length : group.members.size;
  return {
    ...(isAtLeast(version, [2, 26]) ? { id: group.id } : {}),
    name: group.name,
    is_local: group.origin === undefined,
    source: group.origin
      ? { id: null, name: replicaPrefix(group) }
      : pod
        ? podReference(state, group)
        : { id: null, name: state.name },
    pod: podReference(state, group),
    destroyed: group.destroyedAt !== undefined,
    time_remaining: timeRemaining(state, group),
    volume_count: members,
    host_count: 0,
    host_group_count: 0,
    target_count: group.origin ? 1 : group.targets.size,
    replication_schedule: scheduleItem(group.replicationSchedule, true),
    snapshot_schedule: scheduleItem(group.snapshotSchedule, false),
    source_retention: group.sourceRetention,
    target_retention: group.targetRetention,
    ...(isAtLeast(version, [2, 13])
      ? {
          retention_lock: group.retentionLock,
          eradication_config: {
            manual_eradication: state.isSafeMode || group.retentionLock === "ratcheted" ? "disabled" : "enabled",
          },
        }
      : {}),
    space: { ...SPACE, total_physical: 0, total_provisioned: 0 },
  };
}

function scheduleItem(schedule: StoredSchedule, hasBlackout: boolean): object {
  return {
    enabled: schedule.enabled,
    frequency: schedule.frequency,
    at: schedule.at ?? null,
    ...(hasBlackout ? { blackout: schedule.blackout ?? { start: null, end: null } } : {}),
  };
}

export function groupReference(group: StoredGroup, version: ApiVersion): object {
  return isAtLeast(version, [2, 26]) ? { id: group.id, name: group.name } : { name: group.name };
}

export function pointItem(state: ArrayState, point: StoredPoint, version: ApiVersion): object {
  return {
    ...(isAtLeast(version, [2, 26]) ? { id: point.id } : {}),
    name: point.name,
    suffix: point.suffix,
    created: point.created,
    destroyed: point.destroyedAt !== undefined,
    time_remaining: timeRemaining(state, point),
    source: groupReference(point.group, version),
    pod: podReference(state, point),
    space: { ...SPACE, total_physical: 0, total_provisioned: 0 },
  };
}

/** A row of `/protection-group-snapshots/transfer`, on either side. */
export function transferItem(
  call: { readonly state: ArrayState; readonly fabric: Fabric; readonly version: ApiVersion },
  point: StoredPoint,
  transfer: StoredTransfer,
): object {
  const source = point.incoming ? call.fabric.array(point.group.origin?.array ?? "") : call.state;
  const progress = call.fabric.progressOf(source ?? call.state, transfer);
  const stamp = (at: number | undefined) => (at === undefined ? null : call.state.stamp(at));
  return {
    ...(isAtLeast(call.version, [2, 26]) ? { id: point.id } : {}),
    name: point.name,
    started: stamp(transfer.startedAt),
    completed: stamp(transfer.completedAt),
    progress,
    data_transferred: Math.round(transfer.bytes * progress),
    physical_bytes_written: Math.round(transfer.bytes * progress * 0.5),
    destroyed: point.destroyedAt !== undefined,
  };
}
