import type { PodHealth, ReplicationHealth } from "@protector/contract";
import { readOptionalJson, readTime } from "../db/codecs.ts";
import type { GroupHealthRow } from "../db/repositories/group-health.ts";
import { syncStatusOf } from "./sync-status.ts";

/** A group's health as the API and the metrics tell it. */
export function replicationHealth(
  row: GroupHealthRow,
  { localSiteId, now }: { readonly localSiteId: string; readonly now: number },
): ReplicationHealth {
  const pod = readOptionalJson(row.pod);
  // A pod loses no write; while a half of it is behind, its data is as old as what that half holds.
  const rpoMinutes = row.rpo_minutes === null ? null : pod ? 0 : row.rpo_minutes;
  const lagSeconds = pod && isInSync(pod) ? 0 : ageOf(row, now);
  const isMet = rpoMinutes === null ? null : lagSeconds !== null && lagSeconds <= rpoMinutes * 60;
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    is_primary_here: row.primary_site_id === localSiteId,
    protection: row.protection,
    sync_status: syncStatusOf(row, row.peer_reachability),
    replication_lag_seconds: lagSeconds,
    rpo_minutes: rpoMinutes,
    is_rpo_met: isMet,
    pod: pod ?? null,
    failover_ready: row.is_failover_ready === null ? null : row.is_failover_ready === 1,
    critical_findings: row.critical_findings,
    warnings: row.warnings,
  };
}

/** Whether every write is on both arrays before it is acknowledged. */
export function isInSync({ halves }: PodHealth): boolean {
  return halves.length === 2 && halves.every(({ status }) => status === "online");
}

function ageOf({ last_recovery_point_at: at }: GroupHealthRow, now: number): number | null {
  return at === null ? null : Math.max(0, Math.round((now - readTime(at)) / 1000));
}
