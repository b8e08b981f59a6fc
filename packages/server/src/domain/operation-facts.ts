import { isoTime, isoTimeOrNull, readJson, readOptionalJson } from "../db/codecs.ts";
import type { OperationSummary } from "../db/repositories/operations.ts";

/** What an operation's row says at either site: the API shows it, and the history that travels with a group holds it. */
export function operationFacts(row: OperationSummary) {
  return {
    id: row.id,
    type: row.type,
    mode: row.mode,
    status: row.status,
    is_dry_run: row.is_dry_run === 1,
    user_id: row.user_id,
    site_id: row.site_id,
    phase: row.phase,
    progress: row.progress,
    status_reason: row.status_reason,
    error: readOptionalJson(row.error),
    is_past_no_return: row.is_past_no_return === 1,
    recovery_point: row.recovery_point,
    data_loss_seconds: row.data_loss_seconds,
    downtime_seconds: row.downtime_seconds,
    leftovers: [...readJson(row.leftovers)],
    request_id: row.request_id,
    created_at: isoTime(row.created_at),
    started_at: isoTimeOrNull(row.started_at),
    finished_at: isoTimeOrNull(row.finished_at),
  };
}
