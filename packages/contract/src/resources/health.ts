import Type, { type Static } from "typebox";
import { PROTECTION_GROUP_STATUSES, PROTECTIONS, SYNC_STATUSES } from "../states.ts";
import { Link, Nullable, OneOf, Timestamp, Uuid } from "./common.ts";

/** An API version in the discovery document; with the site's identity, which registration pins. */
export const VersionDocument = Type.Object({
  versions: Type.Array(
    Type.Object({
      id: Type.String(),
      status: Type.String(),
      min_version: Type.String(),
      max_version: Type.String(),
      links: Type.Array(Link),
    }),
  ),
  site: Nullable(
    Type.Object({
      id: Type.String(),
      region: Nullable(Type.String()),
      signing_public_key: Type.String(),
      sealing_public_key: Type.String(),
    }),
  ),
});
export type VersionDocument = Static<typeof VersionDocument>;

/** A running engine of this site. */
export const EngineService = Type.Object({
  host: Type.String(),
  binary: Type.String(),
  is_alive: Type.Boolean(),
  messaging: Type.String(),
  seen_at: Timestamp,
});
export type EngineService = Static<typeof EngineService>;

/** How a site answers the engine of the site that was asked. */
export const SiteHealth = Type.Object({
  id: Uuid,
  name: Type.String(),
  is_local: Type.Boolean(),
  status: OneOf(["reachable", "unreachable", "unknown"] as const),
  reason: Nullable(Type.String()),
  seen_at: Nullable(Timestamp),
});
export type SiteHealth = Static<typeof SiteHealth>;

/** A part of the service at the site that was asked. */
export const ComponentHealth = Type.Object({
  name: OneOf(["protector-api", "protector-engine", "database", "messaging"] as const),
  host: Nullable(Type.String()),
  status: OneOf(["up", "degraded", "down"] as const),
  reason: Nullable(Type.String()),
  seen_at: Nullable(Timestamp),
});
export type ComponentHealth = Static<typeof ComponentHealth>;

/** A pod as one of its arrays sees it. */
export const PodHalf = Type.Object({
  array: Type.String(),
  status: OneOf(["online", "resyncing", "offline", "suspended", "unknown"] as const),
  mediator: OneOf(["online", "unreachable", "unknown", "flummoxed"] as const, {
    description: "What decides which array goes on when the two do not see each other",
  }),
  progress: Nullable(Type.Number({ description: "0 to 1 while resyncing" })),
  frozen_at: Nullable(Timestamp),
});
export type PodHalf = Static<typeof PodHalf>;

/** The pod that a group's volumes are in, as it was at the last look. */
export const PodHealth = Type.Object({ name: Type.String(), halves: Type.Array(PodHalf) });
export type PodHealth = Static<typeof PodHealth>;

/** How well a protection group is protected now. */
export const ReplicationHealth = Type.Object({
  id: Uuid,
  name: Type.String(),
  status: OneOf(PROTECTION_GROUP_STATUSES),
  is_primary_here: Type.Boolean(),
  protection: OneOf(PROTECTIONS),
  sync_status: OneOf(SYNC_STATUSES),
  replication_lag_seconds: Nullable(
    Type.Integer({ description: "Age of the newest data that a recovery would bring back; null = there is none" }),
  ),
  rpo_minutes: Nullable(Type.Integer({ description: "0 while its volumes are in a pod" })),
  is_rpo_met: Nullable(Type.Boolean({ description: "null = it has no policy" })),
  pod: Nullable(PodHealth),
  failover_ready: Nullable(Type.Boolean({ description: "null = not looked at yet" })),
  critical_findings: Type.Integer(),
  warnings: Type.Integer(),
});
export type ReplicationHealth = Static<typeof ReplicationHealth>;

/** How everything is that a recovery of a project's groups would need, as one site sees it. */
export const Health = Type.Object({
  status: OneOf(["ok", "warning", "critical"] as const, {
    description: "critical: a component is down or a group could not fail over; warning: something less is wrong",
  }),
  checked_at: Timestamp,
  sites: Type.Array(SiteHealth),
  components: Type.Array(ComponentHealth),
  counts: Type.Object({
    protection_groups: Type.Integer(),
    failover_ready: Type.Integer(),
    rpo_met: Type.Integer(),
    in_sync: Type.Integer(),
  }),
  protection_groups: Type.Array(ReplicationHealth, { description: "Of the project; those in danger first" }),
});
export type Health = Static<typeof Health>;
