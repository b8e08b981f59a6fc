import type { Logger } from "pino";
import type { EngineEvent } from "../engine/engine-events.ts";

/** One line of the log for each thing that an engine tells. */
export function logEngineEvent(log: Logger, event: EngineEvent): void {
  switch (event.kind) {
    case "operation_taken": {
      const facts = { operation_id: event.operationId, lease: event.leaseNumber };
      return log.info(facts, event.isTakeover ? "Operation taken over from another engine" : "Operation taken");
    }
    case "operation_ended": {
      const facts = { operation_id: event.operationId, status: event.status, reason: event.reason ?? undefined };
      return log.info(facts, "Operation left");
    }
    case "lease_lost":
      return log.warn({ operation_id: event.operationId, reason: event.reason }, "Lease lost");
    case "operation_broken":
      return log.error(
        { operation_id: event.operationId, err: event.error },
        "Operation stopped by an error of its engine",
      );
    case "sweep_failed":
      return log.error({ err: event.error }, "Sweep failed");
    case "watch_failed":
      return log.warn({ watch: event.watch, subject: event.subject, err: event.error }, "Watch failed");
    case "duty_done":
      return log.info({ duty_id: event.dutyId, subject: event.subject }, "Duty done");
    case "primary_changed":
      return log.warn({ group_id: event.groupId, epoch: event.epoch }, "Primary changed");
  }
}
