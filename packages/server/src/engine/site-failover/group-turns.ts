import { type ErrorItem, ProtectorError, toErrorItem } from "@protector/contract";
import { writeJson } from "../../db/codecs.ts";
import { findOperation } from "../../db/repositories/operations.ts";
import { turnsOf } from "../../domain/plan-order.ts";
import { runOrderOf } from "../../domain/run-order.ts";
import { databaseTime } from "../runner/operation-store.ts";
import { localSite } from "../world/site-directory.ts";
import { askChild, isAtWork, orderChild } from "./children.ts";
import type { GroupStep } from "./group-step.ts";
import type { Look } from "./look.ts";
import { silenceKnown } from "./silent-site.ts";

/** ms that a group is waited for which another operation has in hand. */
const GROUP_BUSY_MS = 600_000;

/** Orders what has its turn, as far as there is room; says of the rest why it is held. */
export async function orderNext(look: Look): Promise<readonly GroupStep[]> {
  const { concurrency } = runOrderOf(look.operation);
  const now = await databaseTime(look.ports.connection);
  const turns = turnsOf(look.steps);
  // One that waits for something outside does next to nothing, and may wait for hours.
  let room =
    concurrency - look.steps.filter(({ course, status }) => course === "active" && status !== "waiting").length;
  const steps: GroupStep[] = [];
  for (const step of look.steps) {
    const turn = turns.get(step.key);
    if (turn?.kind === "held") {
      steps.push(await hold(look, step, { reason: turn.reason, now }));
    } else if (turn?.kind === "ready" && turn.at <= now && room > 0) {
      const silence = await silenceKnown(look.ports.connection, look.steps, step);
      const next = silence ? await fail(look, step, { item: silence, now }) : await begin(look, step, now);
      if (next.course === "active") room -= 1;
      steps.push(next);
    } else {
      steps.push(step);
    }
  }
  return steps;
}

async function hold(
  { journal }: Look,
  step: GroupStep,
  { reason, now }: { readonly reason: string; readonly now: number },
): Promise<GroupStep> {
  await journal.writeStep(step.key, { status: "skipped", message: reason, finishedAt: "now" });
  return { ...step, status: "skipped", course: "skipped", message: reason, endedAt: now };
}

async function begin(look: Look, step: GroupStep, now: number): Promise<GroupStep> {
  const { id: localSiteId } = await localSite(look.ports.connection);
  const test = step.testKey === undefined ? undefined : look.steps.find(({ key }) => key === step.testKey);
  const undone = test && (await withoutCleanup(look, step, { test, now }));
  if (undone) return undone;
  const testId = test?.operationId;
  try {
    const order = { parent: look.operation, step, localSiteId, ...(testId === undefined ? {} : { testId }) };
    return await orderGroup(look, order, now);
  } catch (error) {
    if (!(error instanceof ProtectorError)) throw error;
    if (error.code === "protection_group.busy" && (await isWorthWaiting(look, step, { error, now }))) {
      return wait(look, step, { message: error.message, now });
    }
    return fail(look, step, { item: toErrorItem(error, undefined), now });
  }
}

/** The group's operation and the step that stands for it, in one transaction. */
async function orderGroup(
  { ports, journal, lease }: Look,
  order: Parameters<typeof orderChild>[2] & { readonly step: GroupStep },
  now: number,
): Promise<GroupStep> {
  const { connection } = ports;
  const { step } = order;
  let next = step;
  await journal.write(`order ${step.key}`, async (trx) => {
    const ordered = await orderChild(trx, ports, order);
    const isOrdered = ordered.kind === "ordered";
    const status = isOrdered ? ("running" as const) : ("completed" as const);
    const message = isOrdered ? null : ordered.reason;
    await trx
      .updateTable("dr_operation_steps")
      .set({
        status,
        message,
        error: null,
        attempt: step.attempt + 1,
        lease_number: lease.number,
        output: writeJson(isOrdered ? { operationId: ordered.operationId } : {}),
        started_at: connection.now(),
        finished_at: isOrdered ? null : connection.now(),
      })
      .where("operation_id", "=", lease.operationId)
      .where("step_key", "=", step.key)
      .execute();
    const operationId = isOrdered ? ordered.operationId : undefined;
    const course = isOrdered ? "active" : "completed";
    next = { ...step, status, message, course, operationId, endedAt: isOrdered ? null : now };
  });
  return next;
}

/** Of a test that never stood nothing is left to clean up, or what it made is taken back. */
async function withoutCleanup(
  { ports, journal, children, operation }: Look,
  step: GroupStep,
  { test, now }: { readonly test: GroupStep; readonly now: number },
): Promise<GroupStep | undefined> {
  const child = test.operationId === undefined ? undefined : children.get(test.operationId);
  if (child?.status === "completed" || child?.status === "completed_with_errors") return undefined;
  if (child?.status !== "failed" && child?.status !== "paused") {
    const message = "nothing was tested";
    await journal.writeStep(step.key, { status: "completed", message, finishedAt: "now" });
    return { ...step, status: "completed", course: "completed", message, endedAt: now };
  }
  await askChild(ports, child, { verb: "rollback", userId: operation.user_id });
  await journal.writeStep(step.key, { status: "running", startedAt: "now", output: { operationId: child.id } });
  return { ...step, status: "running", course: "active", operationId: child.id };
}

/** Whoever has the group in hand will let it go by himself, and has not had it for long. */
async function isWorthWaiting(
  { ports }: Look,
  step: GroupStep,
  { error, now }: { readonly error: ProtectorError; readonly now: number },
): Promise<boolean> {
  if (step.startedAt !== null && now - step.startedAt > GROUP_BUSY_MS) return false;
  const holderId = error.facts?.operation_id;
  const holder = holderId === undefined ? undefined : await findOperation(ports.connection.db, { id: holderId });
  return holder !== undefined && isAtWork(holder);
}

async function wait(
  { journal }: Look,
  step: GroupStep,
  { message, now }: { readonly message: string; readonly now: number },
): Promise<GroupStep> {
  const isNew = step.status !== "waiting";
  if (isNew) await journal.writeStep(step.key, { status: "waiting", message, startedAt: "now" });
  return { ...step, status: "waiting", message, startedAt: step.startedAt ?? now };
}

async function fail(
  { journal }: Look,
  step: GroupStep,
  { item, now }: { readonly item: ErrorItem; readonly now: number },
): Promise<GroupStep> {
  const { detail: message } = item;
  await journal.writeStep(step.key, { status: "failed", message, error: item, finishedAt: "now" });
  return { ...step, status: "failed", course: "failed", message, error: item, endedAt: now };
}
