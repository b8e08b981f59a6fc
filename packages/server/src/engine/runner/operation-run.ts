import { type OperationStatus, ProtectorError } from "@protector/contract";
import type { Transaction } from "kysely";
import { readJson, readOptionalJson, writeJson } from "../../db/codecs.ts";
import type { Database } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { STEP_HANDLERS } from "../steps/index.ts";
import { WORKFLOWS } from "../workflows/index.ts";
import type { Workflow, WorkflowEnd, WorkflowTransaction } from "../workflows/workflow.ts";
import type { CallLimits } from "../world/call-limits.ts";
import { openSite } from "../world/group-access.ts";
import { loadGroup } from "../world/group-view.ts";
import { localSite } from "../world/site-directory.ts";
import { oweStep } from "./duties.ts";
import { failureItem, failureOf, type StepFailure } from "./failure.ts";
import { ForwardRun } from "./forward-run.ts";
import { Journal, type OperationWrite } from "./journal.ts";
import type { LeaseKeeper } from "./lease.ts";
import { type ChosenPoint, choosePoint, goOnWithoutSource } from "./lost-source.ts";
import { guardMarkers } from "./marker-guard.ts";
import {
  databaseTime,
  insertSteps,
  type JournaledStep,
  loadOperation,
  loadSteps,
  type OperationRow,
  publicPlan,
} from "./operation-store.ts";
import type { Scene } from "./scene.ts";
import type { RunEnvironment } from "./step-context.ts";
import { Superseded } from "./step-handler.ts";
import { undoSteps } from "./undo-run.ts";

/** ms between two looks at an operation that waits for something outside. */
const LOOK_AGAIN_MS = 30_000;
/** Tries of a step in one look before the operation waits. */
const TRIES_PER_LOOK = 4;

/**
 * Works on one operation under its lease, until it ends, waits, or the lease is lost.
 *
 * | status found | what is done |
 * |---|---|
 * | pending | observe, plan, freeze the plan, run it |
 * | running, waiting | go on with the journal |
 * | cancelling, rolling_back | go on undoing |
 * | any, with a person's request | carry the request out first |
 *
 * Before anything else the markers are read: an operation whose epoch is over is closed as `superseded`.
 */
export class OperationRun {
  readonly #ports: EnginePorts;
  readonly #keeper: LeaseKeeper;
  readonly #limits: CallLimits;
  readonly #journal: Journal;
  #forward: ForwardRun | undefined;
  #isStopping = false;

  constructor(ports: EnginePorts, keeper: LeaseKeeper, limits: CallLimits) {
    this.#ports = ports;
    this.#keeper = keeper;
    this.#limits = limits;
    this.#journal = new Journal(ports.connection, keeper.lease, ports.observer);
    this.#journal.onRequest = () => this.#forward?.interrupt();
  }

  /** Stops at the next boundary; another engine continues. */
  interrupt(): void {
    this.#isStopping = true;
    this.#forward?.interrupt();
  }

  /** @returns the status that the operation is left in. @throws LeaseLost */
  async run(): Promise<OperationStatus> {
    const operation = await loadOperation(this.#ports.connection, this.#keeper.lease.operationId);
    const scene = await this.#scene(operation);
    try {
      return await this.#work(scene);
    } catch (error) {
      if (error instanceof Superseded) return this.#end(scene, "superseded", "superseded", error.message);
      throw error;
    } finally {
      await scene.close();
    }
  }

  async #work(scene: Scene): Promise<OperationStatus> {
    const { operation } = scene;
    const request = readOptionalJson(operation.request);
    if (request?.verb === "abandon") return this.#abandon(scene, request.reason ?? "");
    if (scene.steps.length === 0) {
      if (request?.verb === "cancel" || request?.verb === "rollback")
        return this.#end(scene, "undone", "cancelled", "cancelled before it began");
      const refused = await this.#plan(scene);
      if (refused !== undefined) return refused;
    }
    if (request?.verb === "rollback" && operation.is_past_no_return === 0) return this.#undo(scene, "rolled_back");
    if (request?.verb === "cancel" || operation.status === "cancelling") return this.#cancel(scene);
    if (operation.status === "rolling_back")
      return this.#undo(scene, operation.status_reason === "cancelled" ? "cancelled" : "rolled_back");
    if (request !== null) await this.#prepareRepeat(scene, request);
    return this.#goForward(scene);
  }

  /** Observes, plans and freezes; a status when the operation ends here. */
  async #plan(scene: Scene): Promise<OperationStatus | undefined> {
    const { operation, workflow, view } = scene;
    if (operation.status === "pending") {
      await this.#journal.writeOperation({
        status: "running",
        phase: "check",
        started_at: this.#ports.connection.now(),
        status_reason: null,
      });
    }
    let plan: Awaited<ReturnType<Workflow["plan"]>>;
    try {
      plan = await workflow.plan({
        operation,
        view,
        localSiteId: scene.localSiteId,
        source: scene.environment.source,
        target: scene.environment.target,
      });
    } catch (error) {
      if (this.#keeper.signal.aborted) throw this.#keeper.signal.reason;
      const failure = failureOf(error);
      if (failure.failureClass === "retryable" || failure.failureClass === "waiting")
        return this.#wait(scene, failure, "looking at both sites");
      return this.#refuse(scene, failure.error);
    }
    const shown = publicPlan(plan, operation.id);
    if (operation.is_dry_run === 1) {
      await this.#journal.write("plan", async (trx) => {
        await this.#set(trx, {
          plan: writeJson(shown),
          data_loss_seconds: plan.expectedDataLossSeconds,
          remaining_seconds: plan.expectedDurationSeconds,
        });
      });
      return this.#close(scene, "completed", null);
    }
    const { plan_digest: wanted } = readJson(operation.parameters) as { plan_digest?: string };
    const [blocker] = plan.blockers;
    if (blocker) {
      await this.#journal.writeOperation({ plan: writeJson({ ...shown, steps: [] }) });
      const more = plan.blockers.length > 1 ? ` (and ${plan.blockers.length - 1} more blockers)` : "";
      return this.#refuse(scene, new ProtectorError(blocker.check as "readiness.blocked", `${blocker.reason}${more}`));
    }
    if (wanted !== undefined && wanted !== shown.digest) {
      return this.#refuse(
        scene,
        new ProtectorError("plan.changed", "The plan is no longer the one that was confirmed."),
      );
    }
    await this.#journal.write("plan", async (trx) => {
      await insertSteps(trx, { id: operation.id, leaseNumber: this.#keeper.lease.number }, plan.steps);
      await this.#set(trx, {
        plan: writeJson(shown),
        epoch: view.group.epoch,
        recovery_point: plan.recoveryPoint,
        data_loss_seconds: plan.expectedDataLossSeconds,
        remaining_seconds: plan.expectedDurationSeconds,
      });
      await workflow.begin?.(this.#workflowTransaction(scene, trx, []));
    });
    scene.steps = await loadSteps(this.#ports.connection, operation.id);
    return undefined;
  }

  async #goForward(scene: Scene): Promise<OperationStatus> {
    const { operation } = scene;
    if (operation.status !== "running" || operation.request !== null || operation.next_look_at !== null) {
      await this.#journal.write("operation running", async (trx) => {
        await this.#set(trx, {
          status: "running",
          status_reason: null,
          error: null,
          next_look_at: null,
          finished_at: null,
        });
        await this.#clearRequest(trx, operation.request);
      });
    }
    scene.operation = await loadOperation(this.#ports.connection, operation.id);
    if (scene.operation.request !== null) return this.#work(scene);
    this.#forward = new ForwardRun(scene.environment, scene.steps, {
      handlers: STEP_HANDLERS,
      databaseNow: await databaseTime(this.#ports.connection),
      leaseSignal: this.#keeper.signal,
      triesPerLook: TRIES_PER_LOOK,
      beforeStep: (step) => this.#beforeStep(scene, step),
      owe: (trx, step, failure) =>
        oweStep(trx, this.#ports, {
          operation,
          step,
          siteId: scene.environment[step.site].siteId,
          reason: failure.error.message,
        }),
    });
    const outcome = await this.#forward.run();
    switch (outcome.kind) {
      case "completed":
        return this.#end(scene, "completed", "completed", null);
      case "completed_with_errors":
        return this.#end(
          scene,
          "completed_with_errors",
          "completed_with_errors",
          "some members failed; see their errors",
        );
      case "waiting":
        return this.#wait(scene, outcome.failure, outcome.stepKey);
      case "failed":
        return this.#fail(scene, outcome.failure);
      case "interrupted":
        return this.#interrupted(scene);
    }
  }

  /** A person asked for something, or the engine is stopping. */
  async #interrupted(scene: Scene): Promise<OperationStatus> {
    scene.operation = await loadOperation(this.#ports.connection, scene.operation.id);
    if (this.#isStopping) return scene.operation.status;
    scene.steps = await loadSteps(this.#ports.connection, scene.operation.id);
    return this.#work(scene);
  }

  /** A request that was carried out is gone; one that came meanwhile stays. */
  async #clearRequest(trx: Transaction<Database>, handled: OperationRow["request"]): Promise<void> {
    if (handled === null) return;
    await trx
      .updateTable("dr_operations")
      .set({ request: null })
      .where("id", "=", this.#keeper.lease.operationId)
      .where("request", "=", handled)
      .execute();
  }

  /** Right before a step's intent is written: progress, point of no return; for a fire step both markers. */
  async #beforeStep(scene: Scene, step: JournaledStep): Promise<boolean> {
    if (step.kind === "fire") await guardMarkers(scene.environment, scene.steps, readJson(scene.operation.parameters));
    if (step.settings.isPointOfNoReturn && !(await this.#passNoReturn(scene))) return false;
    if (step.phase !== scene.phase) {
      scene.phase = step.phase;
      await this.#journal.writeOperation({ phase: step.phase, progress: this.#forward?.progress ?? 0 });
    }
    return true;
  }

  /** Passes the point of no return, unless a person has asked for something before: then nothing more is begun. */
  async #passNoReturn(scene: Scene): Promise<boolean> {
    if (scene.operation.is_past_no_return === 1) return true;
    let isPast = false;
    await this.#journal.write("operation is_past_no_return", async (trx) => {
      const passed = await trx
        .updateTable("dr_operations")
        .set({ is_past_no_return: 1 })
        .where("id", "=", scene.operation.id)
        .where("request", "is", null)
        .executeTakeFirst();
      isPast = passed.numUpdatedRows > 0n;
    });
    if (isPast) scene.operation = { ...scene.operation, is_past_no_return: 1 };
    return isPast;
  }

  async #cancel(scene: Scene): Promise<OperationStatus> {
    if (scene.operation.is_past_no_return === 1) {
      await this.#journal.writeOperation({
        status: "paused",
        request: null,
        status_reason: "stopped after the point of no return: resume it, or fail back when it is done",
      });
      return "paused";
    }
    return this.#undo(scene, "cancelled");
  }

  async #undo(scene: Scene, status: "cancelled" | "rolled_back"): Promise<OperationStatus> {
    await this.#journal.writeOperation({
      status: "rolling_back",
      request: null,
      status_reason: status,
      next_look_at: null,
      finished_at: null,
    });
    const outcome = await undoSteps(scene.environment, scene.steps, {
      handlers: STEP_HANDLERS,
      databaseNow: await databaseTime(this.#ports.connection),
      leaseSignal: this.#keeper.signal,
    });
    if (outcome.kind === "undone") return this.#end(scene, "undone", status, "everything it did was taken back");
    const item = failureItem(outcome.failure, scene.environment.operation.requestId);
    if (outcome.kind === "failed") {
      await this.#journal.writeOperation({
        status: "failed",
        error: writeJson(item),
        status_reason: `taking back ${outcome.stepKey} failed`,
        finished_at: this.#ports.connection.now(),
      });
      return "failed";
    }
    await this.#journal.writeOperation({
      status: "rolling_back",
      error: writeJson(item),
      next_look_at: this.#ports.connection.fromNow(LOOK_AGAIN_MS),
    });
    return "rolling_back";
  }

  /** Puts what failed back to pending; after `as: unplanned` what only the lost source could do is owed. */
  async #prepareRepeat(scene: Scene, request: { verb: string; as?: "unplanned"; reason?: string }): Promise<void> {
    const isUnplanned = request.as === "unplanned";
    for (const step of scene.steps) {
      const isRepeatable =
        ["failed", "waiting", "undo_failed"].includes(step.status) ||
        (step.status === "skipped" && step.output === undefined);
      if (isRepeatable) {
        step.status = "pending";
        await this.#journal.writeStep(step.key, { status: "pending", error: null, message: null, finishedAt: null });
      }
    }
    if (!isUnplanned) return;
    await goOnWithoutSource(scene, { journal: this.#journal, ports: this.#ports, reason: request.reason ?? "" });
    scene.operation = await loadOperation(this.#ports.connection, scene.operation.id);
  }

  async #wait(scene: Scene, failure: StepFailure, waitsFor: string): Promise<OperationStatus> {
    const item = failureItem(failure, scene.environment.operation.requestId);
    const alone = await this.#withoutSource(scene, waitsFor);
    await this.#journal.write("operation waiting", async (trx) => {
      await this.#set(trx, {
        status: "waiting",
        error: writeJson(item),
        status_reason: `waiting: ${waitsFor}: ${failure.error.message}${alone?.hint ?? ""}`,
        progress: this.#forward?.progress ?? scene.operation.progress,
        next_look_at: this.#ports.connection.fromNow(LOOK_AGAIN_MS),
        ...(alone ? { recovery_point: alone.point.suffix, data_loss_seconds: alone.point.lossSeconds } : {}),
      });
      await this.#clearRequest(trx, scene.operation.request);
    });
    return "waiting";
  }

  /** What going on without the source would recover and lose, when it is the source that a planned failover waits for. */
  async #withoutSource(
    scene: Scene,
    stepKey: string,
  ): Promise<{ readonly point: ChosenPoint; readonly hint: string } | undefined> {
    const step = scene.steps.find((each) => each.key === stepKey);
    const isLeaving = scene.operation.type === "failover" && (step?.site === "source" || step?.kind === "fire");
    if (!isLeaving || scene.operation.mode === "unplanned") return undefined;
    try {
      const point = await choosePoint(scene, this.#ports.clock.now());
      return {
        point,
        hint: `. If the source is lost: resume --as unplanned recovers ${point.suffix} and loses ${point.lossSeconds} s of writes`,
      };
    } catch (error) {
      if (this.#keeper.signal.aborted) throw error;
      return undefined;
    }
  }

  async #fail(scene: Scene, failure: StepFailure): Promise<OperationStatus> {
    await this.#journal.writeOperation({
      status: "failed",
      error: writeJson(failureItem(failure, scene.environment.operation.requestId)),
      status_reason: failure.error.message,
      request: null,
      progress: this.#forward?.progress ?? scene.operation.progress,
      finished_at: this.#ports.connection.now(),
    });
    return "failed";
  }

  /** Nothing was done: the operation ends and lets the group go. */
  async #refuse(scene: Scene, error: ProtectorError): Promise<OperationStatus> {
    await this.#journal.writeOperation({
      error: writeJson(
        failureItem({ error, failureClass: "final", effect: "none" }, scene.environment.operation.requestId),
      ),
    });
    return this.#end(scene, "refused", "failed", error.message);
  }

  async #abandon(scene: Scene, reason: string): Promise<OperationStatus> {
    const { operation } = scene;
    await this.#journal.write("duties of what is left", async (trx) => {
      for (const step of scene.steps) {
        if (
          !step.settings.isUndoable ||
          !["completed", "running", "failed", "waiting", "undoing", "undo_failed"].includes(step.status)
        )
          continue;
        await oweStep(trx, this.#ports, {
          operation,
          step,
          siteId: scene.environment[step.site].siteId,
          reason: `abandoned: ${reason}`,
          isUndo: true,
        });
      }
    });
    return this.#end(scene, "abandoned", "cancelled", `abandoned: ${reason}`);
  }

  async #end(scene: Scene, end: WorkflowEnd, status: OperationStatus, reason: string | null): Promise<OperationStatus> {
    scene.steps = await loadSteps(this.#ports.connection, scene.operation.id);
    const { workflow } = scene;
    await this.#journal.write(`end ${status}`, async (trx) => {
      const context = this.#workflowTransaction(scene, trx, scene.steps);
      if (scene.operation.is_dry_run === 0) await workflow.end(context, end);
      const report = workflow.report?.(context);
      await this.#set(trx, {
        status,
        status_reason: reason,
        request: null,
        next_look_at: null,
        remaining_seconds: null,
        finished_at: this.#ports.connection.now(),
        ...(status === "completed" || status === "completed_with_errors" ? { progress: 1, error: null } : {}),
        ...(report && end !== "refused"
          ? {
              members: writeJson(report.members),
              recovery_point: report.recoveryPoint,
              data_loss_seconds: report.dataLossSeconds,
              downtime_seconds: report.downtimeSeconds,
              leftovers: writeJson(report.leftovers),
            }
          : {}),
      });
      await trx
        .updateTable("protection_groups")
        .set({ current_operation_id: null })
        .where("id", "=", scene.operation.protection_group_id)
        .where("current_operation_id", "=", scene.operation.id)
        .execute();
    });
    return status;
  }

  async #close(scene: Scene, status: OperationStatus, reason: string | null): Promise<OperationStatus> {
    return this.#end(scene, "completed", status, reason);
  }

  async #set(trx: Transaction<Database>, write: OperationWrite): Promise<void> {
    await trx.updateTable("dr_operations").set(write).where("id", "=", this.#keeper.lease.operationId).execute();
  }

  #workflowTransaction(scene: Scene, trx: Transaction<Database>, steps: readonly JournaledStep[]): WorkflowTransaction {
    return {
      trx,
      connection: this.#ports.connection,
      operation: scene.operation,
      view: scene.view,
      steps,
      localSiteId: scene.localSiteId,
      ...scene.direction,
      now: this.#ports.clock.now(),
    };
  }

  async #scene(operation: OperationRow): Promise<Scene> {
    const { connection, clock, random, transport } = this.#ports;
    const view = await loadGroup(connection, operation.protection_group_id);
    const workflow = WORKFLOWS[operation.type];
    const { id: localSiteId } = await localSite(connection);
    const direction = workflow.direction(view, localSiteId);
    const requestId = operation.request_id ?? `req-${operation.id}`;
    const request = {
      view,
      transport: this.#limits.limit(transport, () => this.#keeper.requireTimeLeft()),
      userId: operation.user_id,
      requestId,
    };
    const source = await openSite(this.#ports, request, direction.sourceSiteId);
    const target = await openSite(this.#ports, request, direction.targetSiteId);
    const environment: RunEnvironment = {
      operation: {
        id: operation.id,
        groupId: operation.protection_group_id,
        projectId: operation.project_id,
        userId: operation.user_id,
        leaseNumber: this.#keeper.lease.number,
        requestId,
        epoch: operation.epoch,
      },
      source,
      target,
      journal: this.#journal,
      clock,
      random,
    };
    const steps = await loadSteps(connection, operation.id);
    const close = async () => {
      await Promise.allSettled([source.array.close(), target.array.close()]);
    };
    return { operation, view, workflow, direction, localSiteId, environment, steps, phase: operation.phase, close };
  }
}
