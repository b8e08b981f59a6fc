import { ProtectorError } from "@protector/contract";
import type { Transaction } from "kysely";
import { readTime, writeTime } from "../../db/codecs.ts";
import type { DrillScheduleRow } from "../../db/repositories/drill-schedules.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import { derivedId } from "../../domain/derived-id.ts";
import { nextDrill } from "../../domain/drill-times.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { endFailedDrills, tellOfDrills } from "./drill-ends.ts";
import { orderDrill } from "./drill-order.ts";
import { forEachSubject } from "./rounds.ts";

/** Another engine of the site has moved the schedule on: nothing of this look stays. */
class TakenElsewhere extends Error {}

/**
 * Begins the drills whose time has come, each exactly once over all engines and restarts: the row of a drill is written in
 * the transaction that orders it and moves its schedule on. What cannot begin is tried again until its window is over.
 */
export async function runDrills(ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { connection } = ports;
  const due = await connection.db
    .selectFrom("drill_schedules")
    .selectAll()
    .where("next_run_at", "<=", writeTime(ports.clock.now()))
    .orderBy("next_run_at")
    .execute();
  const nameOf = (schedule: DrillScheduleRow) => schedule.id;
  await forEachSubject(ports, { watch: "drills", subjects: due, nameOf }, (schedule) => beginDrill(ports, schedule));
  await endFailedDrills(ports);
  await tellOfDrills(ports, signal);
}

async function beginDrill(ports: EnginePorts, schedule: DrillScheduleRow): Promise<void> {
  if (schedule.next_run_at === null) return;
  const dueMs = readTime(schedule.next_run_at);
  const isOver = ports.clock.now() > dueMs + schedule.window_seconds * 1000;
  try {
    if (isOver) await record(ports, schedule, { ...overdueOutcome(ports, schedule, dueMs), operation_id: null });
    else
      await record(ports, schedule, {
        outcome: "started",
        reason: null,
        operation_id: derivedId(schedule.id, schedule.next_run_at),
      });
  } catch (error) {
    if (error instanceof TakenElsewhere) return;
    if (!(error instanceof ProtectorError)) throw error;
    await ports.connection.db
      .updateTable("drill_schedules")
      .set({ waiting_reason: error.message })
      .where("id", "=", schedule.id)
      .where("next_run_at", "=", schedule.next_run_at)
      .execute();
  }
}

interface Outcome {
  readonly outcome: "started" | "skipped" | "missed";
  readonly reason: string | null;
  readonly operation_id: string | null;
}

/** Whether it was tried all along, or no engine ran; how many drills passed meanwhile. */
function overdueOutcome(
  { clock }: EnginePorts,
  schedule: DrillScheduleRow,
  dueMs: number,
): Pick<Outcome, "outcome" | "reason"> {
  if (schedule.waiting_reason !== null) return { outcome: "skipped", reason: schedule.waiting_reason };
  const text = "No engine of this site ran while the drill could have begun";
  const isOnlyOne = nextDrill(schedule, dueMs) > clock.now();
  return { outcome: "missed", reason: isOnlyOne ? `${text}.` : `${text}; others after it passed, too.` };
}

/** Writes what became of a drill and moves its schedule on, all or nothing. @throws TakenElsewhere */
async function record(ports: EnginePorts, schedule: DrillScheduleRow, became: Outcome): Promise<void> {
  await inTransaction(ports.connection.db, async (trx) => {
    await moveOn(ports, trx, schedule);
    const { id: schedule_id, next_run_at, notify_url } = schedule;
    if (next_run_at === null) return;
    await trx
      .insertInto("drill_runs")
      .values({
        ...became,
        id: derivedId("run", schedule_id, next_run_at),
        schedule_id,
        due_at: next_run_at,
        // Whether somebody wants to know is decided at its end.
        notice: notify_url === null ? "none" : "owed",
        notice_attempts: 0,
        notice_error: null,
        next_notice_at: null,
      })
      .execute();
    if (became.operation_id !== null) await orderDrill(trx, ports, schedule, became.operation_id);
  });
}

async function moveOn(ports: EnginePorts, trx: Transaction<Database>, schedule: DrillScheduleRow): Promise<void> {
  const now = ports.clock.now();
  const moved = await trx
    .updateTable("drill_schedules")
    .set({ next_run_at: writeTime(nextDrill(schedule, now)), waiting_reason: null })
    .where("id", "=", schedule.id)
    .where("next_run_at", "=", schedule.next_run_at)
    .executeTakeFirst();
  if (moved.numUpdatedRows === 0n) throw new TakenElsewhere();
}
