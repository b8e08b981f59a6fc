import {
  CLOSED_OPERATION_STATUSES,
  MAX_MICROVERSION,
  type OperationStep,
  type ReportContent,
  TEST_PHASES,
} from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson, readOptionalJson } from "../../db/codecs.ts";
import type { AuditEventRow } from "../../db/repositories/audit-events.ts";
import type { OperationRow, OperationSummary } from "../../db/repositories/operations.ts";
import type { RecoveryPointRow } from "../../db/repositories/recovery-points.ts";
import { operationFacts } from "../operation-facts.ts";
import { operationName, outcomeSentence } from "./outcome-sentence.ts";

/** Everything that a site knows of an operation. */
export interface ReportRows {
  readonly operation: OperationRow;
  readonly steps: readonly OperationStep[];
  readonly groups: ReportContent["groups"];
  /** Of its start and its verbs, oldest first. */
  readonly audit: readonly AuditEventRow[];
  readonly point: RecoveryPointRow | undefined;
  /** Of a test: the clean-up that ended last. */
  readonly cleanup: OperationSummary | undefined;
  /** s, as agreed now; null = nothing agreed. */
  readonly rpoSeconds: number | null;
  readonly rtoSeconds: number | null;
  readonly ranAt: { readonly id: string; readonly name: string };
  readonly localSiteId: string;
  /** The release. */
  readonly version: string;
}

/** The report of an operation: a pure function of its rows. */
export function reportContent(rows: ReportRows): ReportContent {
  const { operation, steps, groups, point } = rows;
  const facts = operationFacts(operation);
  const plan = readOptionalJson(operation.plan);
  const servers = [...readJson(operation.members)];
  const isRecovery = RECOVERIES.includes(operation.type);
  return {
    outcome: {
      sentence: outcomeSentence({ ...facts, protection_group_name: operation.protection_group_name, servers, groups }),
      status: facts.status,
      status_reason: facts.status_reason,
      error: facts.error,
      is_past_no_return: facts.is_past_no_return,
    },
    operation: subjectOf(rows),
    requests: requestsOf(rows),
    times: timesOf(operation, steps),
    recovery_point: usedPoint(operation, point),
    rpo: objective(isRecovery ? rows.rpoSeconds : null, isRecovery ? facts.data_loss_seconds : null),
    rto: objective(isRecovery ? rows.rtoSeconds : null, isRecovery ? facts.downtime_seconds : null),
    data_loss_seconds: operation.type === "test_failover" ? null : facts.data_loss_seconds,
    servers,
    groups: [...groups],
    findings: plan ? [...plan.blockers, ...plan.warnings] : [],
    plan_digest: plan?.digest ?? null,
    steps: [...steps],
    leftovers: facts.leftovers,
    cleanup: cleanupOf(operation, rows.cleanup),
    versions: { protector: rows.version, api: MAX_MICROVERSION },
  };
}

/** Operations that servers come up by. */
const RECOVERIES: readonly string[] = ["failover", "failback", "test_failover", "site_failover"];

function subjectOf({ operation, ranAt, localSiteId }: ReportRows): ReportContent["operation"] {
  return {
    id: operation.id,
    type: operation.type,
    mode: operation.mode,
    is_dry_run: operation.is_dry_run === 1,
    phase: operation.phase,
    protection_group_id: operation.protection_group_id,
    protection_group_name: operation.protection_group_name,
    recovery_plan_id: operation.recovery_plan_id,
    parent_id: operation.parent_id,
    project_id: operation.project_id,
    ran_at: { id: ranAt.id, name: ranAt.name },
    request_id: operation.request_id,
    is_journal_here: operation.site_id === localSiteId,
  };
}

/** Who asked for it, and what was asked of it while it ran. Its own order comes first, in the audit or not. */
function requestsOf({ operation, audit }: ReportRows): ReportContent["requests"] {
  const requests = audit.map((event) => {
    const detail = readJson(event.detail) as Readonly<Record<string, unknown>>;
    const wish = Object.values(detail).find((value) => typeof value === "object" && value !== null) ?? {};
    return {
      at: isoTime(event.at),
      action: event.action,
      user_id: event.user_id,
      request_id: event.request_id,
      reason: textOrNull((wish as { reason?: unknown }).reason),
      confirmed_plan: textOrNull((wish as { plan_digest?: unknown }).plan_digest),
    };
  });
  if (requests.some(({ request_id }) => request_id === operation.request_id)) return requests;
  const own = {
    at: isoTime(operation.created_at),
    action: `operations.${operation.type}`,
    user_id: operation.user_id,
    request_id: operation.request_id,
    reason: null,
    confirmed_plan: null,
  };
  return [own, ...requests];
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function timesOf(operation: OperationRow, steps: readonly OperationStep[]): ReportContent["times"] {
  const started = isoTimeOrNull(operation.started_at);
  const finished = isoTimeOrNull(operation.finished_at);
  const took = secondsBetween(started, finished);
  return {
    ordered_at: isoTime(operation.created_at),
    started_at: started,
    finished_at: finished,
    duration_seconds: took === null ? null : Math.round(took),
    expected_seconds: operation.expected_seconds,
    phases: [...Map.groupBy(steps, ({ phase }) => phase)].map(([phase, own]) => phaseOf(phase, own)),
  };
}

function phaseOf(phase: string, steps: readonly OperationStep[]): ReportContent["times"]["phases"][number] {
  const [started_at = null] = steps.flatMap((step) => step.started_at ?? []).sort();
  const finished_at =
    steps
      .flatMap((step) => step.finished_at ?? [])
      .sort()
      .at(-1) ?? null;
  return {
    phase,
    started_at,
    finished_at,
    duration_seconds: secondsBetween(started_at, finished_at),
    steps: steps.length,
    failed_steps: steps.filter(({ status }) => status === "failed" || status === "undo_failed").length,
  };
}

/** s, to the ms. */
function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}

function usedPoint(
  { recovery_point }: OperationRow,
  row: RecoveryPointRow | undefined,
): ReportContent["recovery_point"] {
  if (recovery_point === null) return null;
  return {
    name: recovery_point,
    cut_at: isoTimeOrNull(row?.cut_at ?? null),
    proven_at: isoTimeOrNull(row?.proven_at ?? null),
  };
}

function objective(target: number | null, actual: number | null): ReportContent["rpo"] {
  return {
    target_seconds: target,
    actual_seconds: actual,
    is_met: target === null || actual === null ? null : actual <= target,
  };
}

function cleanupOf(test: OperationRow, cleanup: OperationSummary | undefined): ReportContent["cleanup"] {
  if (!cleanup) return null;
  const isClosed = (CLOSED_OPERATION_STATUSES as readonly string[]).includes(cleanup.status);
  return {
    operation_id: cleanup.id,
    status: cleanup.status,
    finished_at: isClosed ? isoTimeOrNull(cleanup.finished_at) : null,
    is_empty: test.phase === TEST_PHASES.cleaned,
    leftovers: [...readJson(cleanup.leftovers)],
  };
}

/** Heading of a report: `Recovery test of shop`. */
export function reportTitle({ operation }: Pick<ReportContent, "operation">): string {
  const name = operationName(operation);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} of ${operation.protection_group_name}`;
}
