import Type, { type Static } from "typebox";
import {
  MEMBER_STATUSES,
  OPERATION_MODES,
  OPERATION_STATUSES,
  OPERATION_TYPES,
  PROTECTION_GROUP_STATUSES,
  PROTECTIONS,
  REPLICATION_TYPES,
} from "../states.ts";
import { Description, Name, Nullable, OneOf, Strict, Timestamp, Uuid } from "./common.ts";
import { ErrorItem } from "./errors.ts";
import { Hook } from "./hooks.ts";
import { GroupMapping } from "./mappings.ts";
import { Member } from "./members.ts";
import { MemberResult } from "./operations.ts";
import { ReplicationPolicy } from "./policies.ts";
import { RecoveryPoint } from "./recovery-points.ts";

const ordered = Member.properties;
const policy = ReplicationPolicy.properties;

/** Most finished operations and recovery points that one document carries, newest first. */
export const SYNC_HISTORY_LIMIT = 100;

/**
 * What people decided about a group: the same text, so the same digest, on both sites. Members that are still being
 * added are not in it. `home` and `peer` are seen from the group, not from the site that holds the row.
 */
export const DecidedGroup = Strict({
  name: Name,
  description: Description,
  replication_type: OneOf(REPLICATION_TYPES),
  home_site_id: Uuid,
  other_site_id: Uuid,
  members: Type.Array(
    Strict({
      id: Uuid,
      position: Type.Integer(),
      tier: ordered.tier,
      depends_on: ordered.depends_on,
      delay_seconds: ordered.delay_seconds,
      is_critical: ordered.is_critical,
      user_data: ordered.user_data,
      gate: ordered.gate,
      nics: ordered.nics,
    }),
    { maxItems: 500 },
  ),
  mappings: Type.Array(GroupMapping, { maxItems: 2000 }),
  hooks: Type.Array(Hook, { maxItems: 50 }),
  policy: Nullable(
    Strict({
      id: Uuid,
      primary_fa_url: policy.primary_fa_url,
      secondary_fa_url: policy.secondary_fa_url,
      primary_backend: policy.primary_backend,
      secondary_backend: policy.secondary_backend,
      pod: policy.pod,
      replication_interval: policy.replication_interval,
      rpo_minutes: policy.rpo_minutes,
      rto_minutes: policy.rto_minutes,
      retention: policy.retention,
    }),
  ),
});
export type DecidedGroup = Static<typeof DecidedGroup>;

/** Runtime state of a group: carried, counted by no generation. */
export const ObservedGroup = Type.Object({
  status: OneOf(PROTECTION_GROUP_STATUSES),
  protection: OneOf(PROTECTIONS),
  protection_reason: Nullable(Type.String()),
  last_recovery_point_at: Nullable(Timestamp),
  members: Type.Array(
    Type.Object({
      id: Uuid,
      name: Name,
      status: OneOf(MEMBER_STATUSES),
      home_server_id: ordered.home_server_id,
      peer_server_id: ordered.peer_server_id,
      description: ordered.description,
      captured_at: ordered.captured_at,
      error: Nullable(ErrorItem),
    }),
  ),
  consistency_groups: Type.Array(
    Type.Object({
      id: Uuid,
      site_id: Uuid,
      array_id: Type.String(),
      array_name: Type.String(),
      array_group: Type.String(),
      cinder_group_id: Nullable(Uuid),
      volumes: Type.Array(
        Type.Object({
          id: Uuid,
          member_id: Uuid,
          position: Type.Integer(),
          volume_id: Type.String(),
          array_volume: Type.String(),
          size_gib: Type.Integer(),
        }),
      ),
    }),
  ),
  recovery_points: Type.Array(RecoveryPoint),
  operations: Type.Array(
    Type.Object({
      id: Uuid,
      type: OneOf(OPERATION_TYPES),
      mode: Nullable(OneOf(OPERATION_MODES)),
      status: OneOf(OPERATION_STATUSES),
      is_dry_run: Type.Boolean(),
      user_id: Type.String(),
      site_id: Uuid,
      phase: Nullable(Type.String()),
      progress: Type.Number(),
      status_reason: Nullable(Type.String()),
      error: Nullable(ErrorItem),
      is_past_no_return: Type.Boolean(),
      members: Type.Array(MemberResult),
      recovery_point: Nullable(Type.String()),
      data_loss_seconds: Nullable(Type.Integer()),
      downtime_seconds: Nullable(Type.Integer()),
      expected_seconds: Nullable(Type.Integer({ description: "What its plan predicted of its duration" })),
      step_seconds: Nullable(
        Type.Record(Type.String({ maxLength: 64 }), Type.Number({ minimum: 0 }), {
          description: "Median s that its steps took, by action",
        }),
      ),
      leftovers: Type.Array(Type.Object({ subject: Type.String(), reason: Type.String() })),
      request_id: Nullable(Type.String()),
      created_at: Timestamp,
      started_at: Nullable(Timestamp),
      finished_at: Nullable(Timestamp),
    }),
  ),
});
export type ObservedGroup = Static<typeof ObservedGroup>;

/** Secrets of a group, each sealed for the peer's key. */
export const SEALED_NAMES = ["primary_fa_api_token", "secondary_fa_api_token"] as const;
export type SealedName = (typeof SEALED_NAMES)[number];
