import type { Operation, OperationStep } from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson, readOptionalJson } from "../../db/codecs.ts";
import { verbsOf } from "../../db/repositories/operation-requests.ts";
import type { OperationRow, OperationStepRow, OperationSummary } from "../../db/repositories/operations.ts";
import { operationFacts } from "../../domain/operation-facts.ts";

/** An operation as the API shows it. Lists leave out plan and members, which grow with the group. */
export function operationView(row: OperationSummary & Partial<Pick<OperationRow, "plan" | "members">>): Operation {
  return {
    ...operationFacts(row),
    protection_group_id: row.protection_group_id,
    protection_group_name: row.protection_group_name,
    recovery_plan_id: row.recovery_plan_id,
    parent_id: row.parent_id,
    displaced_by: row.displaced_by,
    project_id: row.project_id,
    remaining_seconds: row.remaining_seconds,
    gives_up_at: isoTimeOrNull(row.gives_up_at),
    // Nothing while another request waits for the engine.
    verbs: row.request === null ? [...verbsOf(row)] : [],
    plan: readOptionalJson(row.plan ?? null),
    members: row.members ? [...readJson(row.members)] : [],
    updated_at: isoTime(row.updated_at),
  };
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
