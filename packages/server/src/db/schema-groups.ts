import type {
  ErrorItem,
  Hook,
  MappingKind,
  MemberStatus,
  NicSettings,
  PodHealth,
  Protection,
  ProtectionGroupStatus,
  Readiness,
  ReadinessGate,
  ReplicationPolicy,
  ReplicationType,
  ServerDescription,
  Severity,
} from "@protector/contract";
import type { DbTime, Flag, Json } from "./schema-columns.ts";

export interface ProtectionGroupsTable {
  id: string;
  project_id: string;
  name: string;
  description: string;
  status: ProtectionGroupStatus;
  protection: Protection;
  protection_reason: string | null;
  replication_type: ReplicationType;
  home_site_id: string;
  primary_site_id: string;
  /** The site of the pair that is not this one. */
  peer_site_id: string;
  epoch: number;
  generation: number;
  /** Digest of what people decided, at `generation`. */
  digest: string;
  peer_generation: number | null;
  peer_digest: string | null;
  peer_receipt_at: DbTime | null;
  /** The operation that changes the group now. */
  current_operation_id: string | null;
  /** Null = none. */
  hooks: Json<readonly Hook[]> | null;
  readiness: Json<Readiness>;
  readiness_requested_at: DbTime | null;
  /** When the engine looks at it next; null = as soon as it can. */
  readiness_due_at: DbTime | null;
  is_failover_ready: Flag | null;
  last_recovery_point_at: DbTime | null;
  /** How the pod that the group's volumes are in was at the last look; null = they are in none. */
  pod: Json<PodHealth> | null;
  /** When this site found that the other one has given it up as lost: the group has another second site since. */
  given_up_at: DbTime | null;
  /** Set on a tombstone: deleted here, receipt of the peer still owed. */
  deleted_at: DbTime | null;
  created_at: DbTime;
  updated_at: DbTime;
}

export interface PgMembersTable {
  id: string;
  protection_group_id: string;
  position: number;
  name: string;
  status: MemberStatus;
  /** Server at the home site. */
  home_server_id: string | null;
  /** Server at the other site. */
  peer_server_id: string | null;
  tier: number;
  depends_on: Json<readonly string[]>;
  delay_seconds: number;
  is_critical: Flag;
  user_data: "keep" | "drop";
  /** Null = ready when ACTIVE. */
  gate: Json<ReadinessGate> | null;
  /** Network interfaces with settings of their own; null = none. */
  nics: Json<readonly NicSettings[]> | null;
  description: Json<ServerDescription> | null;
  captured_at: DbTime | null;
  error: Json<ErrorItem> | null;
  created_at: DbTime;
  updated_at: DbTime;
}

/** The storage side of a group at one site: one row per site. */
export interface ConsistencyGroupsTable {
  id: string;
  protection_group_id: string;
  site_id: string;
  array_id: string;
  array_name: string;
  /** Protection group on that array. */
  array_group: string;
  /** Cinder group that mirrors it for people. */
  cinder_group_id: string | null;
  created_at: DbTime;
  updated_at: DbTime;
}

/** A volume of a group at one site. */
export interface CgVolumesTable {
  id: string;
  consistency_group_id: string;
  member_id: string;
  position: number;
  volume_id: string;
  /** Name on the array, from Cinder's `provider_id`. */
  array_volume: string;
  size_gib: number;
  created_at: DbTime;
}

export interface ReplicationPoliciesTable {
  id: string;
  protection_group_id: string;
  /** Array of the home site, by URL and token or by a backend of protector.conf. */
  primary_fa_url: string | null;
  primary_token_secret_id: string | null;
  primary_backend: string | null;
  secondary_fa_url: string | null;
  secondary_token_secret_id: string | null;
  secondary_backend: string | null;
  /** Pod of a sync group's volumes at home; null = async. */
  pod: string | null;
  /** s */
  replication_interval: number;
  rpo_minutes: number;
  /** Null = none agreed. */
  rto_minutes: number | null;
  retention: Json<ReplicationPolicy["retention"]>;
  created_at: DbTime;
  updated_at: DbTime;
}

export interface ResourceMappingsTable {
  id: string;
  project_id: string;
  /** Null = default of the project for this pair of sites. */
  protection_group_id: string | null;
  kind: MappingKind;
  /** At the group's home site. */
  source_id: string;
  /** At its other site. */
  target_id: string;
  /** `default` = a group's copy of a default; null = said for it alone. */
  origin: "default" | null;
  created_at: DbTime;
}

export interface RecoveryPointsTable {
  id: string;
  protection_group_id: string;
  name: string;
  /** Site whose servers it holds the data of. */
  source_site_id: string;
  cut_at: DbTime;
  completed_at: DbTime | null;
  progress: number;
  bytes_sent: number;
  is_usable: Flag;
  proven_at: DbTime | null;
  /** When an engine last wrote what an array showed of it. */
  seen_at: DbTime;
  /** SHA-256 of the names of the volumes that it holds, hex; null before somebody has asked the array for them. */
  volumes_digest: string | null;
}

/** One appearance of a readiness finding. */
export interface ReadinessFindingsTable {
  id: string;
  protection_group_id: string;
  check_name: string;
  severity: Severity;
  subject: string;
  /** As it was found last. */
  reason: string;
  remedy: string | null;
  found_at: DbTime;
  /** Null = it is still found. */
  gone_at: DbTime | null;
}
