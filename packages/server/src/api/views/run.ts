import type { ChildOperation, Operation, OperationStep } from "@protector/contract";
import { isoTimeOrNull, readOptionalJson } from "../../db/codecs.ts";
import type { OperationRow, OperationStepRow, OperationSummary } from "../../db/repositories/operations.ts";
import { operationFacts } from "../../domain/operation-facts.ts";
import { operationStepView, operationView } from "./operation.ts";

/** An operation over many groups, with the operation of each: its progress is theirs as they are now. */
export function runView(row: OperationRow, children: readonly OperationSummary[]): Operation {
  return { ...operationView(row), children: children.map(childView) };
}

/** One group's operation under that of many. */
export function childView(row: OperationSummary): ChildOperation {
  const facts = operationFacts(row);
  return {
    id: facts.id,
    type: facts.type,
    status: facts.status,
    protection_group_id: row.protection_group_id ?? "",
    protection_group_name: row.protection_group_name,
    project_id: row.project_id,
    phase: facts.phase,
    progress: facts.progress,
    remaining_seconds: row.remaining_seconds,
    gives_up_at: isoTimeOrNull(row.gives_up_at),
    status_reason: facts.status_reason,
    error: facts.error,
    data_loss_seconds: facts.data_loss_seconds,
    downtime_seconds: facts.downtime_seconds,
    created_at: facts.created_at,
    finished_at: facts.finished_at,
  };
}

/** A group's step: while its operation is at work, with how far that is. */
export function groupStepView(row: OperationStepRow, children: readonly OperationSummary[]): OperationStep {
  const view = operationStepView(row);
  const { operationId } = (readOptionalJson(row.output) ?? {}) as { readonly operationId?: string };
  const child = children.find(({ id }) => id === operationId);
  if (!child || (view.status !== "running" && view.status !== "waiting")) return view;
  const message = child.status === "waiting" ? child.status_reason : child.phase;
  return { ...view, progress: child.progress, message };
}
