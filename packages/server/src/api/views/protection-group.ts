import type { ProtectionGroup } from "@protector/contract";
import { isoTime, isoTimeOrNull } from "../../db/codecs.ts";
import type { ProtectionGroupSummary } from "../../db/repositories/protection-groups.ts";
import { syncStatusOf } from "../../domain/sync-status.ts";

/** A group as the API shows it, seen from this site. */
export function protectionGroupView(row: ProtectionGroupSummary, localSiteId: string): ProtectionGroup {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    project_id: row.project_id,
    status: row.status,
    protection: row.protection,
    protection_reason: row.protection_reason,
    replication_type: row.replication_type,
    home_site_id: row.home_site_id,
    primary_site_id: row.primary_site_id,
    peer_site_id: row.peer_site_id,
    is_primary_here: row.primary_site_id === localSiteId,
    epoch: row.epoch,
    generation: row.generation,
    sync_status: syncStatusOf(row, row.peer_reachability),
    member_count: Number(row.member_count),
    is_given_up: row.given_up_at !== null,
    is_failover_ready: row.is_failover_ready === null ? null : row.is_failover_ready === 1,
    last_recovery_point_at: isoTimeOrNull(row.last_recovery_point_at),
    current_operation_id: row.current_operation_id,
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}
