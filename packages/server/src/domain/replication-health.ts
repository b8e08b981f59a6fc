import type { ReplicationHealth } from "@protector/contract";
import { readTime } from "../db/codecs.ts";
import type { GroupHealthRow } from "../db/repositories/group-health.ts";
import { syncStatusOf } from "./sync-status.ts";

/** A group's health as the API and the metrics tell it. */
export function replicationHealth(
  row: GroupHealthRow,
  { localSiteId, now }: { readonly localSiteId: string; readonly now: number },
): ReplicationHealth {
  const at = row.last_recovery_point_at;
  const lagSeconds = at === null ? null : Math.max(0, Math.round((now - readTime(at)) / 1000));
  const { rpo_minutes } = row;
  const isMet = rpo_minutes === null ? null : lagSeconds !== null && lagSeconds <= rpo_minutes * 60;
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    is_primary_here: row.primary_site_id === localSiteId,
    protection: row.protection,
    sync_status: syncStatusOf(row, row.peer_reachability),
    replication_lag_seconds: lagSeconds,
    rpo_minutes,
    is_rpo_met: isMet,
    failover_ready: row.is_failover_ready === null ? null : row.is_failover_ready === 1,
    critical_findings: row.critical_findings,
    warnings: row.warnings,
  };
}
