import Type, { type Static } from "typebox";
import { Nullable, SeenGeneration, Strict, Timestamp, Uuid } from "./common.ts";

/** Where an array is reached. */
export const ArrayUrl = Type.String({
  pattern: "^https://[^\\s/?#@]+/?$",
  maxLength: 255,
  description: "https://<address>[:port] of an array",
});
/** What an array is logged in to with. */
export const ApiToken = Type.String({
  minLength: 8,
  maxLength: 255,
  description: "Can be set and replaced, never read",
});
/** A backend of the configuration. */
export const BackendName = Type.String({
  pattern: "^[A-Za-z0-9_.-]{1,64}$",
  description: "Section of protector.conf that names the array",
});
/** FlashArray's range is 300000 to 34560000000 ms. */
const ReplicationInterval = Type.Integer({
  minimum: 300,
  maximum: 34560000,
  description: "s between scheduled recovery points",
});
const RpoMinutes = Type.Integer({
  minimum: 1,
  maximum: 525600,
  description: "Largest data loss that is accepted, min",
});

const RtoMinutes = Nullable(
  Type.Integer({
    minimum: 1,
    maximum: 525600,
    description: "Longest recovery that is accepted, min; null = none agreed",
  }),
);

/** Name of a pod on an array. */
export const PodName = Type.String({
  pattern: "^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
  description: "Pod of sync replication, pure_replication_pod_name of Cinder; of sync groups only, default cinder-pod",
});

const Retention = Strict({
  all_for_seconds: Type.Integer({ minimum: 60, maximum: 34560000 }),
  per_day: Type.Integer({ minimum: 0, maximum: 1440 }),
  days: Type.Integer({ minimum: 0, maximum: 4000 }),
});

/**
 * How a group replicates. The primary array is the one at the group's home site. Each array is named either by URL and
 * token or by a backend of protector.conf; the conf section must exist on both sites under the same name.
 */
export const ReplicationPolicy = Type.Object({
  id: Uuid,
  protection_group_id: Uuid,
  primary_fa_url: Nullable(Type.String()),
  secondary_fa_url: Nullable(Type.String()),
  primary_backend: Nullable(Type.String()),
  secondary_backend: Nullable(Type.String()),
  pod: Nullable(PodName),
  has_primary_fa_api_token: Type.Boolean(),
  has_secondary_fa_api_token: Type.Boolean(),
  replication_interval: ReplicationInterval,
  rpo_minutes: RpoMinutes,
  rto_minutes: RtoMinutes,
  retention: Retention,
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type ReplicationPolicy = Static<typeof ReplicationPolicy>;

const settable = {
  primary_fa_url: Type.Optional(ArrayUrl),
  primary_fa_api_token: Type.Optional(ApiToken),
  secondary_fa_url: Type.Optional(ArrayUrl),
  secondary_fa_api_token: Type.Optional(ApiToken),
  primary_backend: Type.Optional(BackendName),
  secondary_backend: Type.Optional(BackendName),
  pod: Type.Optional(PodName),
  replication_interval: Type.Optional(ReplicationInterval),
  rpo_minutes: Type.Optional(RpoMinutes),
  rto_minutes: Type.Optional(RtoMinutes),
  retention: Type.Optional(Retention),
  generation: Type.Optional(SeenGeneration),
};

export const CreateReplicationPolicy = Strict(settable);
export type CreateReplicationPolicy = Static<typeof CreateReplicationPolicy>;
export const UpdateReplicationPolicy = Strict(settable, { minProperties: 1 });
export type UpdateReplicationPolicy = Static<typeof UpdateReplicationPolicy>;
