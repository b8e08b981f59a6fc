import type { ReplicationPolicy } from "@protector/contract";
import { isoTime, readJson } from "../../db/codecs.ts";
import type { ReplicationPolicyRow } from "../../db/repositories/replication-policies.ts";

/** A replication policy as the API shows it: that there are tokens, never the tokens. */
export function policyView(row: ReplicationPolicyRow): ReplicationPolicy {
  return {
    id: row.id,
    protection_group_id: row.protection_group_id,
    primary_fa_url: row.primary_fa_url,
    secondary_fa_url: row.secondary_fa_url,
    primary_backend: row.primary_backend,
    secondary_backend: row.secondary_backend,
    pod: row.pod,
    has_primary_fa_api_token: row.primary_token_secret_id !== null,
    has_secondary_fa_api_token: row.secondary_token_secret_id !== null,
    replication_interval: row.replication_interval,
    rpo_minutes: row.rpo_minutes,
    rto_minutes: row.rto_minutes,
    retention: readJson(row.retention),
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}
