import type { Transaction } from "kysely";
import { readJson, writeJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { DutyRow } from "../../db/repositories/duties.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction, isMariadb } from "../../db/transaction.ts";
import { FENCE_DUTY } from "../../domain/yield-to-peer.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { DutyInput } from "../runner/duties.ts";
import { loadGroup } from "../world/group-view.ts";
import { localSite } from "../world/site-directory.ts";
import { ArrayRound } from "./array-round.ts";
import { type DutyOutcome, type DutyScene, FENCING, LEFTOVERS_DUTY, RECOVERED_DUTY, URGENT } from "./duty.ts";
import { fenceHere } from "./fence.ts";
import { removeLeftovers } from "./leftovers.ts";
import { doOwedStep } from "./owed-step.ts";
import { findRecovered } from "./recovered-servers.ts";
import { forEachSubject } from "./rounds.ts";

/** Most duties that one round takes. */
const MOST_AT_ONCE = 200;
/** ms for which no other engine takes a duty that this one has begun. */
const CLAIM_MS = 300_000;
/** The same for an urgent one, which has its own time limits. */
const URGENT_CLAIM_MS = 90_000;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 600_000;
/** Less than the rounds are apart: in every round. */
const URGENT_RETRY_MS = 10_000;

const never = new AbortController().signal;

/**
 * Does what sites owe, once they answer: what keeps servers from running at two sites first, then in the order in which it
 * was owed; what is taken back in the opposite order. A duty that cannot be done stays, with its reason, and is tried again
 * at growing intervals.
 */
export async function doDuties(ports: EnginePorts, signal: AbortSignal = never): Promise<void> {
  const due = await findDueDuties(ports);
  const { fencing = [], rest = [] } = Object.groupBy(due, (duty) => (isFencing(duty) ? "fencing" : "rest"));
  await doAll(ports, fencing, signal);
  await doAll(ports, rest, signal);
}

/** Does certain duties now, whether or not they are due. */
export async function doDutiesNow(
  ports: EnginePorts,
  ids: readonly string[],
  signal: AbortSignal = never,
): Promise<void> {
  if (ids.length === 0) return;
  const rows = await ports.connection.db
    .selectFrom("duties")
    .selectAll()
    .where("id", "in", ids)
    .where("state", "=", "owed")
    .execute();
  await doAll(ports, rows, signal);
}

/** Owed, due, and of a site that answers as far as is known; what has to be taken back comes last. */
async function findDueDuties({ connection }: EnginePorts): Promise<readonly DutyRow[]> {
  const rows = await connection.db
    .selectFrom("duties")
    .innerJoin("sites", "sites.id", "duties.site_id")
    .selectAll("duties")
    .where("duties.state", "=", "owed")
    .where((eb) => eb.or([eb("duties.next_look_at", "is", null), eb("duties.next_look_at", "<=", connection.now())]))
    .where((eb) =>
      eb.or([
        eb("sites.is_local", "=", 1),
        eb("sites.reachability", "!=", "unreachable"),
        eb("duties.kind", "in", [...URGENT]),
      ]),
    )
    .orderBy("duties.created_at")
    .orderBy("duties.id")
    .limit(MOST_AT_ONCE)
    .execute();
  const sequences = await sequencesOf(connection, rows);
  const sequence = (row: DutyRow) => sequences.get(stepOf(row)) ?? 0;
  const forward = rows.filter((row) => !isUndo(row));
  const backward = rows.filter(isUndo);
  return [
    ...forward.sort((a, b) => compare(a.created_at, b.created_at) || sequence(a) - sequence(b)),
    ...backward.sort((a, b) => compare(a.operation_id ?? "", b.operation_id ?? "") || sequence(b) - sequence(a)),
  ];
}

/** Places of the owed steps in their plans, by {@link stepOf}. */
async function sequencesOf(
  connection: DatabaseConnection,
  rows: readonly DutyRow[],
): Promise<ReadonlyMap<string, number>> {
  const operations = [...new Set(rows.map((row) => row.operation_id).filter((id) => id !== null))];
  if (operations.length === 0) return new Map();
  const steps = await connection.db
    .selectFrom("dr_operation_steps")
    .select(["operation_id", "step_key", "sequence"])
    .where("operation_id", "in", operations)
    .execute();
  return new Map(steps.map((step) => [`${step.operation_id} ${step.step_key}`, step.sequence]));
}

function stepOf(duty: DutyRow): string {
  return `${duty.operation_id} ${(readJson(duty.input) as Partial<DutyInput>).stepKey}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What keeps servers from running at two sites. */
function isFencing(duty: DutyRow): boolean {
  return FENCING.has(duty.kind) && !isUndo(duty);
}

function isUndo(duty: DutyRow): boolean {
  return (readJson(duty.input) as Partial<DutyInput>).isUndo === true;
}

/** Duties of one group in their order, different groups at once. */
async function doAll(ports: EnginePorts, duties: readonly DutyRow[], signal: AbortSignal): Promise<void> {
  const groups = Map.groupBy(duties, (duty) => duty.protection_group_id);
  const { id: localSiteId } = await localSite(ports.connection);
  const round = new ArrayRound(ports);
  const nameOf = ([groupId]: [string, DutyRow[]]) => groupId;
  try {
    await forEachSubject(ports, { watch: "duties", subjects: [...groups], nameOf }, async ([, ofGroup]) => {
      for (const duty of ofGroup) {
        if (signal.aborted) return;
        const view = await loadGroup(ports.connection, duty.protection_group_id);
        await doDuty({ ports, duty, view, localSiteId, round, signal });
      }
    });
  } finally {
    await round.close();
  }
}

async function doDuty(scene: DutyScene): Promise<void> {
  const { ports, duty } = scene;
  if (!(await claim(scene))) return;
  const outcome = await attempt(scene);
  const isOver = outcome.kind !== "kept";
  await inTransaction(ports.connection.db, async (trx) => {
    await trx
      .updateTable("duties")
      .set({
        ...(isOver ? { state: "done", done_at: ports.connection.now() } : {}),
        last_error: outcome.kind === "done" ? null : outcome.reason.slice(0, 1000),
        next_look_at: isOver ? null : ports.connection.fromNow(retryAfter(duty)),
      })
      .where("id", "=", duty.id)
      .execute();
    if (isOver) await strikeLeftover(trx, duty);
  });
  if (isOver) ports.events({ kind: "duty_done", dutyId: duty.id, subject: duty.subject });
}

/** What is done is no leftover of its operation any more. */
async function strikeLeftover(trx: Transaction<Database>, duty: DutyRow): Promise<void> {
  if (duty.operation_id === null) return;
  const operation = await trx
    .selectFrom("dr_operations")
    .select("leftovers")
    .where("id", "=", duty.operation_id)
    .$if(isMariadb(trx), (query) => query.forUpdate())
    .executeTakeFirst();
  const leftovers = operation ? readJson(operation.leftovers) : [];
  const left = leftovers.filter(({ subject }) => subject !== duty.subject);
  if (left.length === leftovers.length) return;
  await trx
    .updateTable("dr_operations")
    .set({ leftovers: writeJson(left) })
    .where("id", "=", duty.operation_id)
    .execute();
}

/** False when another engine has begun it. */
async function claim({ ports, duty }: DutyScene): Promise<boolean> {
  const { connection } = ports;
  const claimed = await connection.db
    .updateTable("duties")
    .set({
      attempts: duty.attempts + 1,
      next_look_at: connection.fromNow(URGENT.has(duty.kind) ? URGENT_CLAIM_MS : CLAIM_MS),
    })
    .where("id", "=", duty.id)
    .where("state", "=", "owed")
    .where("attempts", "=", duty.attempts)
    .executeTakeFirst();
  return claimed.numUpdatedRows > 0n;
}

async function attempt(scene: DutyScene): Promise<DutyOutcome> {
  const { ports, duty } = scene;
  try {
    switch (duty.kind) {
      case FENCE_DUTY:
        return await fenceHere(scene);
      case RECOVERED_DUTY:
        return await findRecovered(scene);
      case LEFTOVERS_DUTY:
        return await removeLeftovers(scene);
      default:
        return await doOwedStep(scene);
    }
  } catch (error) {
    ports.events({ kind: "watch_failed", watch: "duties", subject: duty.subject, error });
    return { kind: "kept", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** ms until the next try, after so many. */
function retryAfter({ kind, attempts }: DutyRow): number {
  if (URGENT.has(kind)) return URGENT_RETRY_MS;
  return Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS);
}
