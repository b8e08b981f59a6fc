import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { Logger } from "pino";
import { DatabaseUnavailableError } from "../db/index.ts";
import type { EngineEvent, StepFacts } from "../engine/engine-events.ts";

interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly facts: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** One line of the log for each thing that an engine tells. */
export function logEngineEvent(log: Logger, event: EngineEvent): void {
  const { level, facts, text } = entryOf(event);
  log[level](facts, text);
}

function entryOf(event: EngineEvent): LogEntry {
  switch (event.kind) {
    case "operation_taken": {
      const facts = { operation_id: event.operationId, lease: event.leaseNumber };
      return event.isTakeover
        ? { level: "warn", facts, text: "Operation taken over from another engine" }
        : { level: "info", facts, text: "Operation taken" };
    }
    case "operation_ended": {
      const facts = { operation_id: event.operationId, status: event.status, reason: event.reason ?? undefined };
      return { level: "info", facts, text: "Operation left" };
    }
    case "step_began":
      return {
        level: "info",
        facts: { ...stepFacts(event), attempt: event.attempt },
        text: `Step begun: ${event.title}`,
      };
    case "step_ended": {
      const facts = {
        ...stepFacts(event),
        status: event.status,
        duration_ms: event.durationMs,
        error: event.error ?? undefined,
      };
      const level = event.status === "completed" || event.status === "skipped" ? "info" : "warn";
      return { level, facts, text: `Step ${event.status}: ${event.title}` };
    }
    case "lease_lost":
      return { level: "warn", facts: { operation_id: event.operationId, reason: event.reason }, text: "Lease lost" };
    case "operation_broken": {
      const facts = { operation_id: event.operationId, err: event.error };
      return { level: "error", facts, text: "Operation stopped by an error of its engine" };
    }
    case "sweep_failed":
      return { level: "error", facts: { err: event.error }, text: "Sweep failed" };
    case "watch_failed": {
      const facts = { watch: event.watch, subject: event.subject, ...errorFacts(event.error) };
      return { level: "warn", facts, text: "Watch failed" };
    }
    case "duty_done":
      return { level: "info", facts: { duty_id: event.dutyId, subject: event.subject }, text: "Duty done" };
    case "primary_changed":
      return { level: "warn", facts: { group_id: event.groupId, epoch: event.epoch }, text: "Primary changed" };
    case "marker_freed": {
      const facts = { group_id: event.groupId, operation_id: event.operationId, site_id: event.siteId };
      return { level: "warn", facts, text: "Marker given back that a closed operation held" };
    }
  }
}

/** Where an error came up says something only when nobody foresaw it. */
function errorFacts(error: unknown): Readonly<Record<string, unknown>> {
  const isForeseen =
    error instanceof ProtectorError || error instanceof OutsideError || error instanceof DatabaseUnavailableError;
  return isForeseen ? { reason: error.message } : { err: error };
}

function stepFacts(event: StepFacts): Readonly<Record<string, unknown>> {
  const { operationId, requestId, projectId, step, site } = event;
  return { operation_id: operationId, request_id: requestId, project_id: projectId, step, site };
}
