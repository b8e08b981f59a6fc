import {
  OPERATION_VERBS,
  type Operation,
  type OperationStep,
  type OperationVerb,
  TEST_PHASES,
  VERB_ALLOWED_IN,
} from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson, readOptionalJson } from "../../db/codecs.ts";
import type { OperationRow, OperationStepRow, OperationSummary } from "../../db/repositories/operations.ts";

/** An operation as the API shows it. Lists leave out plan and members, which grow with the group. */
export function operationView(row: OperationSummary & Partial<Pick<OperationRow, "plan" | "members">>): Operation {
  return {
    id: row.id,
    type: row.type,
    mode: row.mode,
    status: row.status,
    is_dry_run: row.is_dry_run === 1,
    protection_group_id: row.protection_group_id,
    protection_group_name: row.protection_group_name,
    project_id: row.project_id,
    user_id: row.user_id,
    site_id: row.site_id,
    phase: row.phase,
    progress: row.progress,
    remaining_seconds: row.remaining_seconds,
    status_reason: row.status_reason,
    error: readOptionalJson(row.error),
    is_past_no_return: row.is_past_no_return === 1,
    verbs: [...verbsOf(row)],
    plan: readOptionalJson(row.plan ?? null),
    members: row.members ? [...readJson(row.members)] : [],
    recovery_point: row.recovery_point,
    data_loss_seconds: row.data_loss_seconds,
    downtime_seconds: row.downtime_seconds,
    leftovers: [...readJson(row.leftovers)],
    request_id: row.request_id,
    created_at: isoTime(row.created_at),
    started_at: isoTimeOrNull(row.started_at),
    finished_at: isoTimeOrNull(row.finished_at),
    updated_at: isoTime(row.updated_at),
  };
}

/** What can be asked of an operation now: nothing while another request waits for the engine. */
function verbsOf(row: OperationSummary): readonly OperationVerb[] {
  if (row.request !== null) return [];
  return OPERATION_VERBS.filter((verb) => {
    if (verb === "rollback" && row.is_past_no_return === 1) return false;
    if (verb === "retry" && isBeingCleaned(row)) return false;
    return VERB_ALLOWED_IN[verb].includes(row.status);
  });
}

/** Nothing of a test is tried again once it is being cleaned up. */
function isBeingCleaned({ phase }: OperationSummary): boolean {
  return phase === TEST_PHASES.cleaning || phase === TEST_PHASES.cleaned;
}

/** A journaled step as the API shows it. */
export function operationStepView(row: OperationStepRow): OperationStep {
  return {
    key: row.step_key,
    sequence: row.sequence,
    kind: row.kind,
    title: row.title,
    phase: row.phase,
    site: row.site,
    member_id: row.member_id,
    depends_on: [...readJson(row.depends_on)],
    status: row.status,
    attempt: row.attempt,
    progress: row.progress,
    message: row.message,
    error: readOptionalJson(row.error),
    started_at: isoTimeOrNull(row.started_at),
    finished_at: isoTimeOrNull(row.finished_at),
  };
}
