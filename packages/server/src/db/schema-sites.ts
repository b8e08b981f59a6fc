import type { SiteValidation, SiteVolumeType } from "@protector/contract";
import type { DbTime, Flag, Json } from "./schema-columns.ts";

/** An encrypted secret: AES-256-GCM under the key repository's key. */
export interface SecretsTable {
  id: string;
  purpose: string;
  key_id: string;
  ciphertext: string;
  created_at: DbTime;
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
  /** When `reachability` became what it is; null before the first look. */
  reachability_since: DbTime | null;
  validation: Json<SiteValidation>;
  validation_requested_at: DbTime | null;
  volume_types: Json<readonly SiteVolumeType[]>;
  created_at: DbTime;
  updated_at: DbTime;
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
  /** Null while nobody knows what Keystone has made of it. */
  trust_id: string | null;
  /** Ids of the user's trusts before this one was asked for, by which one whose answer was lost is found again. */
  known_before: Json<readonly string[]> | null;
  roles: Json<readonly string[]>;
  /** `making`: asked for; `ending`: nothing needs it, it is being deleted. */
  state: "making" | "made" | "ending";
  is_usable: Flag;
  created_at: DbTime;
  /** When a request last relied on it. */
  needed_at: DbTime;
  checked_at: DbTime | null;
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
