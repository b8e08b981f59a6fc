import type { RecoveryPoint } from "@protector/contract";
import { isoTime, isoTimeOrNull, readTime } from "../db/codecs.ts";
import type { RecoveryPointRow } from "../db/repositories/recovery-points.ts";

/** A recovery point as the API shows it and the other site hears of it. */
export function recoveryPointOf(row: RecoveryPointRow): RecoveryPoint {
  return {
    id: row.id,
    source_site_id: row.source_site_id,
    name: row.name,
    created_at: isoTime(row.cut_at),
    completed_at: isoTimeOrNull(row.completed_at),
    is_usable: row.is_usable === 1,
    progress: row.progress,
    bytes_sent: row.bytes_sent,
    lag_seconds:
      row.completed_at === null ? null : Math.round((readTime(row.completed_at) - readTime(row.cut_at)) / 1000),
    proven_at: isoTimeOrNull(row.proven_at),
  };
}
