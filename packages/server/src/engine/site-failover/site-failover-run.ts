import { type OperationStatus, ProtectorError, toErrorItem } from "@protector/contract";
import { readOptionalJson, writeJson } from "../../db/codecs.ts";
import { findOperation, listChildren, type OperationRow } from "../../db/repositories/operations.ts";
import { runOrderOf, wishOf } from "../../domain/run-order.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { Journal, type OperationWrite, type StepWrite } from "../runner/journal.ts";
import type { LeaseKeeper } from "../runner/lease.ts";
import { databaseTime, insertSteps } from "../runner/operation-store.ts";
import { clearRequest, LOOK_AGAIN_MS, setOperation } from "../runner/operation-tools.ts";
import { LeaseLost } from "../runner/step-handler.ts";
import { localSite } from "../world/site-directory.ts";
import { chooseGroups } from "./choose-groups.ts";
import { type ChosenGroup, courseOf, type GroupStep, loadGroupSteps, plannedGroupStep } from "./group-step.ts";
import { orderNext } from "./group-turns.ts";
import type { Look } from "./look.ts";
import { outlineOf } from "./merge-plans.ts";
import { mergedPlan } from "./merged-plan.ts";
import { namesOf, runEnd } from "./run-end.ts";
import { isPastNoReturn, progressOf, remainingSeconds } from "./run-progress.ts";
import { stopChildren, takeUpRequest } from "./run-requests.ts";
import { courseFrom } from "./step-course.ts";

/** ms after which a run is looked at again, when no operation of its groups has ended before. */
const LOOK_MS = 5_000;

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
    if (steps.length === 0 && !isToStop(operation)) {
      const refused = await this.#plan(operation);
      if (refused) return refused;
      steps = await loadGroupSteps(connection, operation.id);
    }
    const children = new Map((await listChildren(connection.db, operation.id)).map((child) => [child.id, child]));
    const { lease } = this.#keeper;
    const look = { ports: this.#ports, journal: this.#journal, lease, operation, steps, children };
    if (operation.request !== null) return takeUpRequest(look);
    const settled = await this.#settle(look);
    if (operation.status === "cancelling" || operation.status === "rolling_back") return stopChildren(settled);
    return this.#leave({ ...settled, steps: await orderNext(settled) });
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

  async #leave(look: Look): Promise<OperationStatus> {
    const { operation, steps, children } = look;
    const { connection } = this.#ports;
    const isOver = steps.every(({ course }) => course !== "pending" && course !== "active");
    if (isOver && operation.is_dry_run === 1) return this.#endDryRun(look);
    if (isOver) return this.#end(operation, runEnd(look, (await localSite(connection)).id));
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

  async #endDryRun(look: Look): Promise<OperationStatus> {
    const { operation } = look;
    const plan = await mergedPlan(look);
    const end = {
      status: "completed" as const,
      plan: writeJson(plan),
      progress: 1,
      remaining_seconds: plan.expected_duration_seconds,
      data_loss_seconds: plan.expected_data_loss_seconds,
    };
    // The operations that made the groups' plans have served their purpose.
    return this.#end(operation, end, async (trx) => {
      await trx.deleteFrom("dr_operations").where("parent_id", "=", operation.id).where("is_dry_run", "=", 1).execute();
    });
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
      // One that ends as it did before has been asked in vain: it is not looked at for that again.
      await clearRequest(trx, operation);
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

/** Whether it is being ended, or a person has asked for that: no groups are chosen any more. */
function isToStop({ request, status }: OperationRow): boolean {
  const verb = readOptionalJson(request)?.verb;
  const isAsked = verb === "cancel" || verb === "rollback" || verb === "abandon";
  return isAsked || status === "cancelling" || status === "rolling_back";
}

function isPlanned(group: ChosenGroup): boolean {
  return group.verb !== "test_cleanup";
}
