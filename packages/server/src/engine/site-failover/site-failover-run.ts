import { type OperationStatus, ProtectorError, toErrorItem } from "@protector/contract";
import { readOptionalJson, writeJson } from "../../db/codecs.ts";
import {
  findOperation,
  listChildren,
  type OperationRow,
  type OperationSummary,
} from "../../db/repositories/operations.ts";
import { runSeconds, turnsOf } from "../../domain/plan-order.ts";
import { runOrderOf, wishOf } from "../../domain/run-order.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { Journal, type OperationWrite, type StepWrite } from "../runner/journal.ts";
import type { LeaseKeeper } from "../runner/lease.ts";
import { databaseTime, insertSteps } from "../runner/operation-store.ts";
import { clearRequest, LOOK_AGAIN_MS, setOperation } from "../runner/operation-tools.ts";
import { LeaseLost } from "../runner/step-handler.ts";
import { localSite } from "../world/site-directory.ts";
import { askChild, isAtWork, orderChild } from "./children.ts";
import { chooseGroups } from "./choose-groups.ts";
import { type ChosenGroup, courseOf, type GroupStep, loadGroupSteps, plannedGroupStep } from "./group-step.ts";
import { type GroupPlan, mergePlans, outlineOf } from "./merge-plans.ts";
import { namesOf, runEnd } from "./run-end.ts";
import { stopChildren, takeUpRequest } from "./run-requests.ts";
import { courseFrom } from "./step-course.ts";

/** ms after which a run is looked at again, when no operation of its groups has ended before. */
const LOOK_MS = 5_000;
/** ms that a group is waited for which another operation has in hand. */
const GROUP_BUSY_MS = 600_000;

/** What one look at a run works with. */
export interface Look {
  readonly ports: EnginePorts;
  readonly journal: Journal;
  readonly operation: OperationRow;
  readonly steps: readonly GroupStep[];
  readonly children: ReadonlyMap<string, OperationSummary>;
}

/**
 * One look at an operation over many groups. It holds nothing in memory between two looks: the steps are its journal, and
 * each group's own operation is an ordinary one, ordered in the transaction that writes its step. So a run costs an engine
 * no place while its groups are at work, whichever engine looks next goes on with it, and what an engine dies of costs no
 * more than a lease.
 *
 * | status found | what is done |
 * |---|---|
 * | pending | choose the groups, freeze their order |
 * | running, waiting | read what the groups' operations came to, order those whose turn it is |
 * | cancelling, rolling_back | stop the groups' operations, then say where each group is |
 */
export class SiteFailoverRun {
  readonly #ports: EnginePorts;
  readonly #journal: Journal;
  readonly #keeper: LeaseKeeper;

  constructor(ports: EnginePorts, keeper: LeaseKeeper) {
    this.#ports = ports;
    this.#keeper = keeper;
    this.#journal = new Journal(ports.connection, keeper.lease, ports.observer);
  }

  /** A look is short: it ends by itself. */
  interrupt(): void {}

  /**
   * @returns the status that the operation is left in.
   * @throws LeaseLost; any other error after the operation was left `waiting` with it.
   */
  async run(): Promise<OperationStatus> {
    const { connection } = this.#ports;
    const operation = await findOperation(connection.db, { id: this.#keeper.lease.operationId });
    if (!operation) throw new ProtectorError("operation.not_found", "The operation is gone.");
    try {
      return await this.#look(operation);
    } catch (error) {
      if (error instanceof LeaseLost || this.#keeper.signal.aborted) throw error;
      return this.#breakOff(operation, error);
    }
  }

  async #look(operation: OperationRow): Promise<OperationStatus> {
    const { connection } = this.#ports;
    const isNew = operation.status === "pending";
    // Before anything is read: an operation that ends from now on makes this one due again.
    await this.#journal.writeOperation({
      next_look_at: connection.fromNow(LOOK_MS),
      ...(isNew ? { status: "running", started_at: connection.now(), status_reason: null } : {}),
    });
    let steps = await loadGroupSteps(connection, operation.id);
    if (steps.length === 0) {
      const refused = await this.#plan(operation);
      if (refused) return refused;
      steps = await loadGroupSteps(connection, operation.id);
    }
    const children = new Map((await listChildren(connection.db, operation.id)).map((child) => [child.id, child]));
    const look = { ports: this.#ports, journal: this.#journal, operation, steps, children };
    if (operation.request !== null) return takeUpRequest(look);
    const settled = await this.#settle(look);
    if (operation.status === "cancelling" || operation.status === "rolling_back") return stopChildren(settled);
    return this.#leave({ ...settled, steps: await this.#orderNext(settled) });
  }

  /** Freezes the groups and their order. @returns the end when there is nothing to run. */
  async #plan(operation: OperationRow): Promise<OperationStatus | undefined> {
    const { connection } = this.#ports;
    const order = runOrderOf(operation);
    const { id: localSiteId } = await localSite(connection);
    const choice = await chooseGroups(connection, operation, { order, localSiteId });
    const outline = outlineOf(choice, order);
    const { plan_digest: confirmed } = wishOf(order.action).wish;
    const isDryRun = operation.is_dry_run === 1;
    if (!isDryRun && confirmed !== undefined && confirmed !== outline.digest) {
      return this.#refuse(
        operation,
        new ProtectorError("plan.changed", "The plan is no longer the one that was confirmed."),
      );
    }
    const [blocker] = outline.blockers;
    if (blocker && !isDryRun) {
      return this.#refuse(operation, new ProtectorError("site_failover.no_groups", blocker.reason));
    }
    if (blocker) return this.#end(operation, { status: "completed", plan: writeJson(outline), progress: 1 });
    // A plan is made of every group at once, whatever their order; of clean-ups there is nothing to plan.
    const inOrder = isDryRun
      ? choice.groups.filter(isPlanned).map((group) => ({ ...group, tiers: {}, dependsOn: [], delaySeconds: 0 }))
      : choice.groups;
    await this.#journal.write("plan", async (trx) => {
      const of = { id: operation.id, leaseNumber: this.#keeper.lease.number };
      await insertSteps(trx, of, inOrder.map(plannedGroupStep));
      await setOperation(trx, operation.id, { plan: writeJson(outline), phase: inOrder[0] ? "tier 0" : null });
    });
    return undefined;
  }

  /** Writes down what the groups' operations came to. */
  async #settle(look: Look): Promise<Look> {
    const now = await databaseTime(this.#ports.connection);
    const steps = look.steps.map((step) => {
      if (step.operationId === undefined || step.course !== "active") return { step, write: undefined };
      const course = courseFrom(step, look.children.get(step.operationId));
      const isSame = course.status === step.status && course.message === step.message;
      const hasEnded = course.status === "completed" || course.status === "failed";
      const next: GroupStep = {
        ...step,
        ...course,
        course: courseOf(course.status, step.operationId),
        endedAt: hasEnded ? now : null,
      };
      const output = { operationId: step.operationId, ...(course.isPartial ? { isPartial: true } : {}) };
      const { status, message, error } = course;
      const write: StepWrite = { status, message, error, output, ...(hasEnded ? { finishedAt: "now" as const } : {}) };
      return { step: next, write: isSame ? undefined : write };
    });
    await Promise.all(steps.map(({ step, write }) => write && this.#journal.writeStep(step.key, write)));
    return { ...look, steps: steps.map(({ step }) => step) };
  }

  /** Orders what has its turn, as far as there is room; says of the rest why it is held. */
  async #orderNext(look: Look): Promise<readonly GroupStep[]> {
    const { concurrency } = runOrderOf(look.operation);
    const now = await databaseTime(this.#ports.connection);
    const turns = turnsOf(look.steps);
    // One that waits for something outside does next to nothing, and may wait for hours.
    let room =
      concurrency - look.steps.filter(({ course, status }) => course === "active" && status !== "waiting").length;
    const steps: GroupStep[] = [];
    for (const step of look.steps) {
      const turn = turns.get(step.key);
      if (turn?.kind === "held") {
        steps.push(await this.#hold(step, turn.reason, now));
      } else if (turn?.kind === "ready" && turn.at <= now && room > 0) {
        const next = await this.#begin(look, step, now);
        if (next.course === "active") room -= 1;
        steps.push(next);
      } else {
        steps.push(step);
      }
    }
    return steps;
  }

  async #hold(step: GroupStep, reason: string, now: number): Promise<GroupStep> {
    await this.#journal.writeStep(step.key, { status: "skipped", message: reason, finishedAt: "now" });
    return { ...step, status: "skipped", course: "skipped", message: reason, endedAt: now };
  }

  async #begin(look: Look, step: GroupStep, now: number): Promise<GroupStep> {
    const { id: localSiteId } = await localSite(this.#ports.connection);
    const test = step.testKey === undefined ? undefined : look.steps.find(({ key }) => key === step.testKey);
    const undone = test && (await this.#withoutCleanup(look, step, { test, now }));
    if (undone) return undone;
    const testId = test?.operationId;
    try {
      const order = { parent: look.operation, step, localSiteId, ...(testId === undefined ? {} : { testId }) };
      return await this.#order(step, order, now);
    } catch (error) {
      if (!(error instanceof ProtectorError)) throw error;
      if (error.code === "protection_group.busy" && (await this.#isWorthWaiting(step, error, now))) {
        return this.#wait(step, error.message, now);
      }
      return this.#fail(step, error, now);
    }
  }

  /** The group's operation and the step that stands for it, in one transaction. */
  async #order(step: GroupStep, order: Parameters<typeof orderChild>[2], now: number): Promise<GroupStep> {
    const { connection } = this.#ports;
    let next = step;
    await this.#journal.write(`order ${step.key}`, async (trx) => {
      const ordered = await orderChild(trx, this.#ports, order);
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
          lease_number: this.#keeper.lease.number,
          output: writeJson(isOrdered ? { operationId: ordered.operationId } : {}),
          started_at: connection.now(),
          finished_at: isOrdered ? null : connection.now(),
        })
        .where("operation_id", "=", this.#keeper.lease.operationId)
        .where("step_key", "=", step.key)
        .execute();
      const operationId = isOrdered ? ordered.operationId : undefined;
      const course = isOrdered ? "active" : "completed";
      next = { ...step, status, message, course, operationId, endedAt: isOrdered ? null : now };
    });
    return next;
  }

  /** Of a test that never stood nothing is left to clean up, or what it made is taken back. */
  async #withoutCleanup(
    { children, operation }: Look,
    step: GroupStep,
    { test, now }: { readonly test: GroupStep; readonly now: number },
  ): Promise<GroupStep | undefined> {
    const child = test.operationId === undefined ? undefined : children.get(test.operationId);
    if (child?.status === "completed" || child?.status === "completed_with_errors") return undefined;
    if (child?.status !== "failed" && child?.status !== "paused") {
      const message = "nothing was tested";
      await this.#journal.writeStep(step.key, { status: "completed", message, finishedAt: "now" });
      return { ...step, status: "completed", course: "completed", message, endedAt: now };
    }
    await askChild(this.#ports, child, { verb: "rollback", userId: operation.user_id });
    await this.#journal.writeStep(step.key, { status: "running", startedAt: "now", output: { operationId: child.id } });
    return { ...step, status: "running", course: "active", operationId: child.id };
  }

  /** Whoever has the group in hand will let it go by himself, and has not had it for long. */
  async #isWorthWaiting(step: GroupStep, error: ProtectorError, now: number): Promise<boolean> {
    if (step.startedAt !== null && now - step.startedAt > GROUP_BUSY_MS) return false;
    const holderId = error.facts?.operation_id;
    const holder =
      holderId === undefined ? undefined : await findOperation(this.#ports.connection.db, { id: holderId });
    return holder !== undefined && isAtWork(holder);
  }

  async #wait(step: GroupStep, message: string, now: number): Promise<GroupStep> {
    const isNew = step.status !== "waiting";
    if (isNew) await this.#journal.writeStep(step.key, { status: "waiting", message, startedAt: "now" });
    return { ...step, status: "waiting", message, startedAt: step.startedAt ?? now };
  }

  async #fail(step: GroupStep, error: ProtectorError, now: number): Promise<GroupStep> {
    const { message } = error;
    const item = toErrorItem(error, undefined);
    await this.#journal.writeStep(step.key, { status: "failed", message, error: item, finishedAt: "now" });
    return { ...step, status: "failed", course: "failed", message, error: item, endedAt: now };
  }

  async #leave(look: Look): Promise<OperationStatus> {
    const { operation, steps, children } = look;
    const isOver = steps.every(({ course }) => course !== "pending" && course !== "active");
    if (isOver && operation.is_dry_run === 1) return this.#endDryRun(look);
    if (isOver) return this.#end(operation, runEnd(steps, children));
    const open = steps.filter(({ course }) => course === "pending" || course === "active");
    const isWaiting =
      open.some(({ status }) => status === "waiting") &&
      open.every(({ status, course }) => {
        return status === "waiting" || (course === "pending" && !steps.some((each) => each.status === "running"));
      });
    const waiting = open.filter(({ status }) => status === "waiting");
    const status = isWaiting ? "waiting" : "running";
    await this.#journal.writeOperation({
      status,
      status_reason: isWaiting ? `waiting: ${namesOf(waiting)}` : null,
      phase: open[0]?.phase ?? null,
      progress: progressOf(steps, children),
      remaining_seconds: remainingSeconds(look),
      is_past_no_return: isPastNoReturn(look) ? 1 : 0,
    });
    return status;
  }

  /** The groups' plans in one; the operations that made them have served their purpose. */
  async #endDryRun({ operation, steps }: Look): Promise<OperationStatus> {
    const { connection } = this.#ports;
    const order = runOrderOf(operation);
    const { id: localSiteId } = await localSite(connection);
    const choice = await chooseGroups(connection, operation, { order, localSiteId });
    const plans: GroupPlan[] = [];
    for (const step of steps) plans.push(await this.#groupPlan(step));
    const plan = mergePlans(choice, order, plans);
    const end = {
      status: "completed" as const,
      plan: writeJson(plan),
      progress: 1,
      remaining_seconds: plan.expected_duration_seconds,
      data_loss_seconds: plan.expected_data_loss_seconds,
    };
    return this.#end(operation, end, async (trx) => {
      await trx.deleteFrom("dr_operations").where("parent_id", "=", operation.id).where("is_dry_run", "=", 1).execute();
    });
  }

  async #groupPlan(group: GroupStep): Promise<GroupPlan> {
    if (group.operationId === undefined) {
      const refusal = group.error && { code: group.error.code.replace(/^protector\./, ""), detail: group.error.detail };
      return { group, plan: null, refusal };
    }
    const child = await findOperation(this.#ports.connection.db, { id: group.operationId });
    const plan = child && readOptionalJson(child.plan);
    if (plan) return { group, plan: { ...plan, steps: [] }, refusal: null };
    const error = child && readOptionalJson(child.error);
    const code = error?.code.replace(/^protector\./, "") ?? "readiness.blocked";
    return {
      group,
      plan: null,
      refusal: { code, detail: error?.detail ?? child?.status_reason ?? "no plan was made" },
    };
  }

  async #refuse(operation: OperationRow, error: ProtectorError): Promise<OperationStatus> {
    const item = writeJson(toErrorItem(error, operation.request_id ?? undefined));
    return this.#end(operation, { status: "failed", error: item, status_reason: error.message });
  }

  async #end(
    operation: OperationRow,
    end: OperationWrite,
    alongside: Parameters<Journal["write"]>[1] = async () => {},
  ): Promise<OperationStatus> {
    const { connection } = this.#ports;
    await this.#journal.write(`end ${end.status}`, async (trx) => {
      await alongside(trx);
      await setOperation(trx, operation.id, {
        remaining_seconds: null,
        next_look_at: null,
        finished_at: connection.now(),
        updated_at: connection.now(),
        ...end,
      });
    });
    return end.status ?? operation.status;
  }

  async #breakOff(operation: OperationRow, error: unknown): Promise<OperationStatus> {
    const known =
      error instanceof ProtectorError ? error : new ProtectorError("internal", String(error), { cause: error });
    await this.#journal.write("operation broken off", async (trx) => {
      await setOperation(trx, operation.id, {
        ...(operation.status === "pending" ? { status: "waiting" as const } : {}),
        error: writeJson(toErrorItem(known, operation.request_id ?? undefined)),
        status_reason: `waiting: ${known.message}`,
        next_look_at: this.#ports.connection.fromNow(LOOK_AGAIN_MS),
      });
      await clearRequest(trx, operation);
    });
    throw error;
  }
}

function isPlanned(group: ChosenGroup): boolean {
  return group.verb !== "test_cleanup";
}

function progressOf(steps: readonly GroupStep[], children: Look["children"]): number {
  const done = steps.map((step) => {
    if (step.course !== "active") return step.course === "pending" ? 0 : 1;
    return children.get(step.operationId ?? "")?.progress ?? 0;
  });
  return done.reduce((sum, each) => sum + each, 0) / steps.length;
}

/** By order and concurrency, those that have not begun taken for as long as the ones that have ended. */
function remainingSeconds({ operation, steps, children }: Look): number | null {
  const seconds = steps.flatMap(({ course, startedAt, endedAt }) =>
    course === "completed" && startedAt !== null && endedAt !== null ? [(endedAt - startedAt) / 1000] : [],
  );
  const open = steps.filter(({ course }) => course === "pending" || course === "active");
  const isKnown = seconds.length > 0 || open.every(({ course }) => course === "active");
  if (!isKnown || open.length > 1000) return null;
  const usual = seconds.reduce((sum, each) => sum + each, 0) / Math.max(1, seconds.length);
  const keys = new Set(open.map(({ key }) => key));
  const rest = open.map((step) => ({ ...step, dependsOn: step.dependsOn.filter((key) => keys.has(key)) }));
  const left = (key: string) => {
    const step = open.find((each) => each.key === key);
    return (step?.operationId === undefined ? undefined : children.get(step.operationId)?.remaining_seconds) ?? usual;
  };
  const total = runSeconds(rest, runOrderOf(operation).concurrency, left);
  return total === undefined ? null : Math.ceil(total);
}

/** From the first group on whose target holds writes, the whole cannot be taken back any more. */
function isPastNoReturn({ operation, children }: Look): boolean {
  const { verb } = wishOf(runOrderOf(operation).action);
  if (operation.is_dry_run === 1 || (verb !== "failover" && verb !== "failback")) return false;
  return [...children.values()].some((child) => child.is_past_no_return === 1 || child.status === "completed");
}
