import { ENDED_OPERATION_STATUSES, type ObservedGroup, type SyncDocument } from "@protector/contract";
import { newOperationRow } from "../db/new-rows.ts";
import { flag, writeJson, writeOptionalJson, writeOptionalTime, writeTime } from "./document-codecs.ts";
import type { SiteIdentity } from "./site-identity.ts";

/** Rows that a document stands for, as this site's database holds them. Pure. */
export interface DocumentContext {
  readonly document: SyncDocument;
  readonly identity: SiteIdentity;
  /** The tenant's project here. */
  readonly projectId: string;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

type Decided = SyncDocument["decided"]["members"][number];
type Observed = ObservedGroup["members"][number];

/** A member's columns, except `created_at`. What was only decided waits for its description. */
export function memberValues(decided: Decided, observed: Observed | undefined, { document, now }: DocumentContext) {
  return {
    id: decided.id,
    protection_group_id: document.protection_group_id,
    position: decided.position,
    tier: decided.tier,
    depends_on: writeJson(decided.depends_on),
    delay_seconds: decided.delay_seconds,
    is_critical: flag(decided.is_critical),
    user_data: decided.user_data,
    gate: writeOptionalJson(decided.gate),
    nics: writeOptionalJson(decided.nics.length > 0 ? decided.nics : null),
    ...runtimeValues(observed, decided.id),
    updated_at: writeTime(now),
  };
}

function runtimeValues(observed: Observed | undefined, id: string) {
  return {
    name: observed?.name ?? id,
    status: observed?.status ?? ("unprotected" as const),
    home_server_id: observed?.home_server_id ?? null,
    peer_server_id: observed?.peer_server_id ?? null,
    description: writeOptionalJson(observed?.description ?? null),
    captured_at: writeOptionalTime(observed?.captured_at ?? null),
    error: writeOptionalJson(observed?.error ?? null),
  };
}

/** Finished operations of the peer: each site has the whole history. */
export function operationRows({ document, identity, projectId, now }: DocumentContext) {
  const ended = new Set<string>(ENDED_OPERATION_STATUSES);
  return document.observed.operations
    .filter((operation) => operation.site_id !== identity.siteId && ended.has(operation.status))
    .map((operation) =>
      newOperationRow({
        id: operation.id,
        type: operation.type,
        mode: operation.mode,
        status: operation.status,
        is_dry_run: flag(operation.is_dry_run),
        protection_group_id: document.protection_group_id,
        protection_group_name: document.decided.name,
        project_id: projectId,
        user_id: operation.user_id,
        site_id: operation.site_id,
        phase: operation.phase,
        progress: operation.progress,
        status_reason: operation.status_reason,
        error: writeOptionalJson(operation.error),
        is_past_no_return: flag(operation.is_past_no_return),
        members: writeJson(operation.members),
        recovery_point: operation.recovery_point,
        data_loss_seconds: operation.data_loss_seconds,
        downtime_seconds: operation.downtime_seconds,
        expected_seconds: operation.expected_seconds,
        step_seconds: writeOptionalJson(operation.step_seconds),
        leftovers: writeJson(operation.leftovers),
        request_id: operation.request_id,
        created_at: writeTime(Date.parse(operation.created_at)),
        started_at: writeOptionalTime(operation.started_at),
        finished_at: writeOptionalTime(operation.finished_at),
        updated_at: writeTime(now),
      }),
    );
}

/** Recovery points as the other site saw them. */
export function recoveryPointRows({ document, now }: DocumentContext) {
  return document.observed.recovery_points.map((point) => ({
    id: point.id,
    protection_group_id: document.protection_group_id,
    name: point.name,
    source_site_id: point.source_site_id,
    cut_at: writeTime(Date.parse(point.created_at)),
    completed_at: writeOptionalTime(point.completed_at),
    progress: point.progress,
    bytes_sent: point.bytes_sent,
    is_usable: flag(point.is_usable),
    proven_at: writeOptionalTime(point.proven_at),
    seen_at: writeTime(now),
  }));
}
