import Type, { type Static } from "typebox";
import { PROTECTION_GROUP_STATUSES, PROTECTIONS, REPLICATION_TYPES, SYNC_STATUSES } from "../states.ts";
import { Description, Name, Nullable, OneOf, SeenGeneration, Strict, Timestamp, Uuid } from "./common.ts";

/** A tenant's set of servers that fail over as a unit. */
export const ProtectionGroup = Type.Object({
  id: Uuid,
  name: Name,
  description: Description,
  project_id: Type.String(),
  status: OneOf(PROTECTION_GROUP_STATUSES),
  protection: OneOf(PROTECTIONS),
  protection_reason: Nullable(Type.String()),
  replication_type: OneOf(REPLICATION_TYPES),
  home_site_id: Uuid,
  primary_site_id: Uuid,
  peer_site_id: {
    ...Uuid,
    description: "The group's other site as the site that answers sees it: the primary, when that is not here",
  },
  is_primary_here: Type.Boolean({ description: "This site accepts changes to the group" }),
  epoch: Type.Integer({ description: "Number of the primary role, raised when the primary changes" }),
  generation: Type.Integer({ description: "Version of what people decided about the group" }),
  sync_status: OneOf(SYNC_STATUSES),
  member_count: Type.Integer(),
  is_given_up: Type.Boolean({
    description:
      "The other site has given this one up as lost and replaced it: nothing can be done with the group here",
  }),
  is_failover_ready: Nullable(Type.Boolean({ description: "Result of the last readiness run; null before the first" })),
  last_recovery_point_at: Nullable(Timestamp),
  current_operation_id: Nullable(Uuid),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type ProtectionGroup = Static<typeof ProtectionGroup>;

export const CreateProtectionGroup = Strict({
  name: Name,
  description: Type.Optional(Description),
  peer_site_id: Type.Optional({
    ...Uuid,
    description: "Site to recover on; may be left out when only one peer is registered",
  }),
  replication_type: Type.Optional(
    OneOf(REPLICATION_TYPES, {
      description: "sync: its servers' volumes are in a pod that is stretched over both arrays; default async",
    }),
  ),
});
export type CreateProtectionGroup = Static<typeof CreateProtectionGroup>;

export const UpdateProtectionGroup = Strict(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    generation: Type.Optional(SeenGeneration),
  },
  { minProperties: 1 },
);
export type UpdateProtectionGroup = Static<typeof UpdateProtectionGroup>;
