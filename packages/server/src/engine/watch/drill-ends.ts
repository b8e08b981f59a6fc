import { ENDED_OPERATION_STATUSES, type OperationStatus } from "@protector/contract";
import { isoTime, writeTime } from "../../db/codecs.ts";
import { requestVerb } from "../../db/repositories/operation-requests.ts";
import { findOperation, type OperationRow } from "../../db/repositories/operations.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { outboundOf } from "../runner/outbound.ts";
import { postSigned } from "../steps/signed-post.ts";
import { forEachSubject } from "./rounds.ts";

/** A notice is posted so often, this many ms apart. */
const NOTICE_TRIES = 5;
const NOTICE_PAUSE_MS = 60_000;
const NOTICE_TIMEOUT_MS = 30_000;

/**
 * Nobody sits beside a drill: a test of it that failed half-way is taken back, so that nothing of it stays. Tests of a
 * recovery plan's drill are left to their run until that is over.
 */
export async function endFailedDrills(ports: EnginePorts): Promise<void> {
  const { connection } = ports;
  const failed = await connection.db
    .selectFrom("dr_operations")
    .leftJoin("dr_operations as run", "run.id", "dr_operations.parent_id")
    .innerJoin("drill_runs", (join) =>
      join.on((eb) => eb("drill_runs.operation_id", "=", eb.fn.coalesce("run.id", "dr_operations.id"))),
    )
    .selectAll("dr_operations")
    .where("dr_operations.type", "=", "test_failover")
    .where("dr_operations.status", "=", "failed")
    .where("dr_operations.plan", "is not", null)
    .where("dr_operations.request", "is", null)
    .where((eb) => eb.or([eb("run.id", "is", null), eb("run.status", "in", ENDED_OPERATION_STATUSES)]))
    .execute();
  const nameOf = ({ id }: OperationRow) => id;
  await forEachSubject(ports, { watch: "drills", subjects: failed, nameOf }, async (operation) => {
    const { id: operationId, project_id: projectId, user_id: userId } = operation;
    await requestVerb(connection, { operationId, projectId, userId, verb: "rollback" });
  });
}

/** Tells of drills that have ended, did not begin or were missed, where somebody wants to know. */
export async function tellOfDrills(ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { connection, clock } = ports;
  const owed = await connection.db
    .selectFrom("drill_runs")
    .innerJoin("drill_schedules", "drill_schedules.id", "drill_runs.schedule_id")
    .selectAll("drill_runs")
    .select(["drill_schedules.name", "drill_schedules.project_id", "notify_url", "notify_on"])
    .where("notice", "=", "owed")
    .where((eb) => eb.or([eb("next_notice_at", "is", null), eb("next_notice_at", "<=", writeTime(clock.now()))]))
    .execute();
  const nameOf = ({ id }: (typeof owed)[number]) => id;
  await forEachSubject(ports, { watch: "drills", subjects: owed, nameOf }, async (run) => {
    const operation =
      run.operation_id === null ? undefined : await findOperation(connection.db, { id: run.operation_id });
    if (operation && !ENDED.includes(operation.status)) return;
    const isSuccess = operation?.status === "completed";
    if (run.notify_url === null || (isSuccess && run.notify_on === "failures")) {
      await connection.db.updateTable("drill_runs").set({ notice: "none" }).where("id", "=", run.id).execute();
      return;
    }
    if (!(await claim(ports, run))) return;
    const failure = await post(ports, { run, url: run.notify_url, operation, signal });
    const isLast = run.notice_attempts + 1 >= NOTICE_TRIES;
    await connection.db
      .updateTable("drill_runs")
      .set({ notice: failure === undefined ? "sent" : isLast ? "given_up" : "owed", notice_error: failure ?? null })
      .where("id", "=", run.id)
      .execute();
  });
}

const ENDED: readonly OperationStatus[] = ENDED_OPERATION_STATUSES;

/** One engine at a time posts; a try that an engine died in counts. */
async function claim(
  { connection, clock }: EnginePorts,
  run: { readonly id: string; readonly notice_attempts: number },
): Promise<boolean> {
  const claimed = await connection.db
    .updateTable("drill_runs")
    .set({ notice_attempts: run.notice_attempts + 1, next_notice_at: writeTime(clock.now() + NOTICE_PAUSE_MS) })
    .where("id", "=", run.id)
    .where("notice", "=", "owed")
    .where("notice_attempts", "=", run.notice_attempts)
    .executeTakeFirst();
  return claimed.numUpdatedRows > 0n;
}

interface Notice {
  readonly run: {
    readonly id: string;
    readonly schedule_id: string;
    readonly name: string;
    readonly project_id: string;
    readonly due_at: string;
    readonly outcome: string;
    readonly reason: string | null;
  };
  readonly url: string;
  readonly operation: OperationRow | undefined;
  readonly signal: AbortSignal;
}

/** @returns why it was not delivered. */
function post(ports: EnginePorts, { run, url, operation, signal }: Notice): Promise<string | undefined> {
  const { clock, transport } = ports;
  const sender = { outbound: outboundOf(ports, transport), operation: { id: run.id }, stepKey: "drill", clock, signal };
  return postSigned(sender, {
    url,
    timeoutMs: NOTICE_TIMEOUT_MS,
    facts: {
      drill_schedule: { id: run.schedule_id, name: run.name },
      project_id: run.project_id,
      due_at: isoTime(run.due_at),
      outcome: run.outcome,
      reason: run.reason ?? operation?.status_reason ?? null,
      is_success: operation?.status === "completed",
      operation: operation
        ? {
            id: operation.id,
            status: operation.status,
            subject: operation.protection_group_name,
            data_loss_seconds: operation.data_loss_seconds,
            downtime_seconds: operation.downtime_seconds,
          }
        : null,
    },
  });
}
