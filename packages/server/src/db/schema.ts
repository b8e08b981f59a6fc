/**
 * The database's tables as types. Names of the first eight are those of the service-placement page.
 *
 * Column conventions: ids are UUIDs as text; times are UTC text `YYYY-MM-DD HH:MM:SS.ffffff` (MariaDB `datetime(6)`);
 * flags are 0 or 1; a column typed {@link Json} holds JSON text of the named shape.
 */
export interface Database {
  alembic_version: AlembicVersionTable;
  sites: SitesTable;
  protection_groups: ProtectionGroupsTable;
  pg_members: PgMembersTable;
  consistency_groups: ConsistencyGroupsTable;
  cg_volumes: CgVolumesTable;
  replication_policies: ReplicationPoliciesTable;
  dr_operations: DrOperationsTable;
  dr_operation_steps: DrOperationStepsTable;
  resource_ledger: ResourceLedgerTable;
  duties: DutiesTable;
  resource_mappings: ResourceMappingsTable;
  tenant_mappings: TenantMappingsTable;
  trusts: TrustsTable;
  secrets: SecretsTable;
  recovery_points: RecoveryPointsTable;
  audit_events: AuditEventsTable;
  engine_services: EngineServicesTable;
}

/** JSON text of a `T`. The parameter documents the shape; `readJson` and `writeJson` convert. */
export type Json<T> = string & { readonly __json?: T };
/** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export type DbTime = string;
export type Flag = 0 | 1;

export interface AlembicVersionTable {
  version_num: string;
}

export interface SitesTable {
  id: string;
  name: string;
  description: string;
  is_local: Flag;
  auth_url: string;
  region: string | null;
  interface: "public" | "internal" | "admin";
  api_url: string;
  username: string | null;
  user_domain_name: string | null;
  project_name: string | null;
  project_domain_name: string | null;
  ca_certificate: string | null;
  /** `secrets.id` of the password. */
  password_secret_id: string | null;
  signing_public_key: string;
  sealing_public_key: string;
  /** `secrets.id` of the two private keys; this site's own row only. */
  private_keys_secret_id: string | null;
  reachability: "reachable" | "unreachable" | "unknown";
  reachability_reason: string | null;
  reachability_at: DbTime | null;
  validation: Json<import("@protector/contract").SiteValidation>;
  validation_requested_at: DbTime | null;
  volume_types: Json<readonly import("@protector/contract").SiteVolumeType[]>;
  created_at: DbTime;
  updated_at: DbTime;
}

export interface ProtectionGroupsTable {
  id: string;
  project_id: string;
  name: string;
  description: string;
  status: import("@protector/contract").ProtectionGroupStatus;
  protection: import("@protector/contract").Protection;
  protection_reason: string | null;
  replication_type: "async";
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
  readiness: Json<import("@protector/contract").Readiness>;
  readiness_requested_at: DbTime | null;
  is_failover_ready: Flag | null;
  last_recovery_point_at: DbTime | null;
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
  status: import("@protector/contract").MemberStatus;
  /** Server at the home site. */
  home_server_id: string | null;
  /** Server at the other site. */
  peer_server_id: string | null;
  tier: number;
  depends_on: Json<readonly string[]>;
  delay_seconds: number;
  is_critical: Flag;
  user_data: "keep" | "drop";
  description: Json<import("@protector/contract").ServerDescription> | null;
  captured_at: DbTime | null;
  error: Json<import("@protector/contract").ErrorItem> | null;
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
  /** s */
  replication_interval: number;
  rpo_minutes: number;
  retention: Json<import("@protector/contract").ReplicationPolicy["retention"]>;
  created_at: DbTime;
  updated_at: DbTime;
}

export interface DrOperationsTable {
  id: string;
  type: import("@protector/contract").OperationType;
  mode: "planned" | "unplanned" | null;
  status: import("@protector/contract").OperationStatus;
  is_dry_run: Flag;
  protection_group_id: string;
  protection_group_name: string;
  project_id: string;
  user_id: string;
  /** Site whose engine runs it. */
  site_id: string;
  parameters: Json<Record<string, unknown>>;
  /** What the API shows; the steps with their inputs are rows of `dr_operation_steps`. */
  plan: Json<import("@protector/contract").Plan> | null;
  phase: string | null;
  progress: number;
  remaining_seconds: number | null;
  status_reason: string | null;
  error: Json<import("@protector/contract").ErrorItem> | null;
  is_past_no_return: Flag;
  /** A verb that waits for the engine: `{verb, as?, reason?, user_id}`. */
  request: Json<{
    verb: import("@protector/contract").OperationVerb;
    as?: "unplanned";
    reason?: string;
    user_id: string;
  }> | null;
  members: Json<readonly import("@protector/contract").MemberResult[]>;
  recovery_point: string | null;
  data_loss_seconds: number | null;
  downtime_seconds: number | null;
  leftovers: Json<readonly { subject: string; reason: string }[]>;
  /** Epoch that the operation began in; null until it holds the marker. */
  epoch: number | null;
  lease_owner: string | null;
  /** Raised at each take-over. */
  lease_number: number;
  lease_expires_at: DbTime | null;
  /** Not looked at before; spaces the tries of a waiting operation. */
  next_look_at: DbTime | null;
  request_id: string | null;
  idempotency_key: string | null;
  /** Digest of the request that the key came with. */
  idempotency_digest: string | null;
  created_at: DbTime;
  started_at: DbTime | null;
  finished_at: DbTime | null;
  updated_at: DbTime;
}

export interface DrOperationStepsTable {
  operation_id: string;
  /** Stable name of the step in its plan. */
  step_key: string;
  sequence: number;
  kind: "observe" | "ensure" | "fire";
  /** Handler that runs it. */
  action: string;
  title: string;
  phase: string;
  site: "source" | "target";
  member_id: string | null;
  depends_on: Json<readonly string[]>;
  input: Json<unknown>;
  /** `{retries, timeout_ms, weight, undo, is_point_of_no_return, is_critical}` */
  settings: Json<unknown>;
  status: import("@protector/contract").StepStatus;
  attempt: number;
  /** Lease under which the last write was made. */
  lease_number: number;
  progress: number | null;
  message: string | null;
  output: Json<unknown> | null;
  error: Json<import("@protector/contract").ErrorItem> | null;
  started_at: DbTime | null;
  finished_at: DbTime | null;
}

/** One outside object that Protector makes or adopts; the row is there before the object. */
export interface ResourceLedgerTable {
  id: string;
  operation_id: string;
  step_key: string;
  protection_group_id: string;
  site_id: string;
  project_id: string | null;
  /** `server`, `port`, `volume`, `floating_ip`, `keypair`, `server_group`, `array_volume`, `recovery_point`, … */
  kind: string;
  /** Name by which ours is found again. */
  name: string;
  external_id: string | null;
  state: "intended" | "present" | "adopted" | "removed" | "orphan";
  created_at: DbTime;
  updated_at: DbTime;
}

/** Something that a site that does not answer still owes. */
export interface DutiesTable {
  id: string;
  protection_group_id: string;
  operation_id: string | null;
  site_id: string;
  /** Handler that carries it out. */
  kind: string;
  subject: string;
  input: Json<unknown>;
  reason: string;
  state: "owed" | "done";
  attempts: number;
  last_error: string | null;
  next_look_at: DbTime | null;
  created_at: DbTime;
  done_at: DbTime | null;
}

export interface ResourceMappingsTable {
  id: string;
  project_id: string;
  /** Null = default of the project for this pair of sites. */
  protection_group_id: string | null;
  kind: import("@protector/contract").MappingKind;
  /** At the group's home site. */
  source_id: string;
  /** At its other site. */
  target_id: string;
  created_at: DbTime;
}

export interface TenantMappingsTable {
  id: string;
  site_id: string;
  local_project_id: string;
  peer_project_id: string;
  created_at: DbTime;
}

/** A Keystone trust from a user of a project to this site's service user. */
export interface TrustsTable {
  id: string;
  project_id: string;
  user_id: string;
  trust_id: string;
  roles: Json<readonly string[]>;
  is_usable: Flag;
  created_at: DbTime;
  checked_at: DbTime | null;
}

/** An encrypted secret: AES-256-GCM under the key repository's key. */
export interface SecretsTable {
  id: string;
  purpose: string;
  key_id: string;
  ciphertext: string;
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
  seen_at: DbTime;
}

export interface AuditEventsTable {
  id: string;
  at: DbTime;
  project_id: string | null;
  user_id: string | null;
  request_id: string | null;
  action: string;
  target_type: string;
  target_id: string | null;
  outcome: "success" | "failure";
  detail: Json<unknown>;
}

/** Engines of this site and how they are. */
export interface EngineServicesTable {
  host: string;
  process: string;
  messaging: string;
  seen_at: DbTime;
}
