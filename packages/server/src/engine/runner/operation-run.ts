import type { OperationStatus } from "@protector/contract";
import { readJson, writeJson } from "../../db/codecs.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { STEP_HANDLERS } from "../steps/index.ts";
import { commit, isPointOfNoReturn } from "./commit.ts";
import { oweStep } from "./duties.ts";
import { abandonOperation, endOperation, supersedeOperation } from "./end-operation.ts";
import { failureItem, type StepFailure } from "./failure.ts";
import { ForwardRun } from "./forward-run.ts";
import { Journal } from "./journal.ts";
import type { LeaseKeeper } from "./lease.ts";
import { leaveOut } from "./leave-out.ts";
import { goOnWithoutSource, withReason } from "./lost-source.ts";
import { guardMarkers } from "./marker-guard.ts";
import { measuredSeconds } from "./measured-seconds.ts";
import { loadScene, openScene, type SharedWays } from "./open-scene.ts";
import { databaseTime, type JournaledStep, loadOperation, loadSteps, type OperationRow } from "./operation-store.ts";
import { clearRequest, type OperationTools, setOperation } from "./operation-tools.ts";
import { type PersonRequest, requestOf } from "./person-request.ts";
import { planOperation } from "./plan-operation.ts";
import type { Scene } from "./scene.ts";
import { tellStep } from "./step-events.ts";
import { LeaseLost, Superseded } from "./step-handler.ts";
import { takeBack } from "./take-back.ts";
import { Asked } from "./unless-asked.ts";
import { breakOff, cancelUnbegun, endUnopened } from "./unopened.ts";
import { failOperation, waitForOutside } from "./wait-for-outside.ts";
import { whatFailed } from "./what-failed.ts";

/** Tries of a step in one look before the operation waits. */
const TRIES_PER_LOOK = 4;

/**
 * Works on one operation under its lease, until it ends, waits, or the lease is lost.
 *
 * | status found | what is done |
 * |---|---|
 * | pending | observe, plan, freeze the plan, run it |
 * | running, waiting | go on with the journal |
 * | rolling_back | go on undoing |
 * | any, with a person's request | carry the request out first |
 *
 * Before anything else the markers are read: an operation whose epoch is over is closed as `superseded`.
 */
export class OperationRun {
  readonly #tools: OperationTools;
  readonly #ways: SharedWays;
  #forward: ForwardRun | undefined;
  readonly #stop = new AbortController();

  constructor(ports: EnginePorts, keeper: LeaseKeeper, ways: SharedWays) {
    const journal = new Journal(ports.connection, keeper.lease, ports.observer);
    journal.onRequest = () => this.#forward?.interrupt();
    this.#tools = { ports, journal, keeper };
    this.#ways = ways;
  }

  /** Stops at the next boundary; another engine continues. */
  interrupt(): void {
    this.#stop.abort();
    this.#forward?.interrupt();
  }

  /**
   * @returns the status that the operation is left in.
   * @throws LeaseLost; any other error after the operation was left `waiting` with it.
   */
  async run(): Promise<OperationStatus> {
    const { ports, keeper } = this.#tools;
    const operation = await loadOperation(ports.connection, keeper.lease.operationId);
    try {
      const local = await loadScene(this.#tools, operation);
      const scene = await openScene(this.#tools, local, this.#ways).catch((error) =>
        endUnopened(this.#tools, local, error),
      );
      if (typeof scene === "string") return scene;
      try {
        return await this.#inEpoch(scene);
      } finally {
        await scene.close();
      }
    } catch (error) {
      if (error instanceof LeaseLost || keeper.signal.aborted) throw error;
      return breakOff(this.#tools, operation, error);
    }
  }

  async #inEpoch(scene: Scene): Promise<OperationStatus> {
    try {
      if (scene.steps.length > 0 && !scene.workflow.isOutsideEpochs) {
        await guardMarkers(scene.environment, scene.steps, { mustAnswer: false });
      }
      return await this.#work(scene);
    } catch (error) {
      if (error instanceof Superseded) return supersedeOperation(this.#tools, scene, error.message);
      throw error;
    }
  }

  async #work(scene: Scene): Promise<OperationStatus> {
    const { operation } = scene;
    const request = requestOf(operation);
    if (request?.verb === "abandon") return abandonOperation(this.#tools, scene, request.reason ?? "");
    if (scene.steps.length === 0) {
      if (request?.verb === "cancel" || request?.verb === "rollback") return cancelUnbegun(this.#tools, scene);
      const left = await this.#plan(scene);
      if (left !== undefined) return left;
    }
    const isPast = operation.is_past_no_return === 1;
    if (request?.verb === "cancel" && isPast) return this.#pause(operation);
    if (request?.verb === "cancel") return takeBack(this.#tools, scene, "cancelled");
    if (request?.verb === "rollback" && !isPast) return takeBack(this.#tools, scene, "rolled_back");
    // An engine may have died between the decision and the first step back.
    if (operation.status === "rolling_back" || scene.steps.some(isUndoing)) {
      if (request?.verb === "skip") await this.#leaveOut(scene, request);
      return takeBack(this.#tools, scene, operation.undone_as ?? "rolled_back");
    }
    if (request?.verb === "commit") await commit(scene.steps, this.#tools.journal);
    else if (request !== null) await this.#prepareRepeat(scene, request);
    return this.#goForward(scene);
  }

  /** @returns the status that it is left in; undefined when its steps can run. */
  async #plan(scene: Scene): Promise<OperationStatus | undefined> {
    try {
      return await planOperation(this.#tools, scene, this.#stop.signal);
    } catch (error) {
      if (error instanceof Asked) return this.#interrupted(scene);
      throw error;
    }
  }

  async #goForward(scene: Scene): Promise<OperationStatus> {
    const { ports, journal } = this.#tools;
    const { operation } = scene;
    if (operation.status !== "running" || operation.request !== null || operation.next_look_at !== null) {
      await journal.write("operation running", async (trx) => {
        const cleared = { status_reason: null, error: null, next_look_at: null, finished_at: null };
        await setOperation(trx, operation.id, { status: "running", ...cleared });
        await clearRequest(trx, operation);
      });
    }
    scene.operation = await loadOperation(ports.connection, operation.id);
    if (scene.operation.request !== null) return this.#work(scene);
    this.#forward = await this.#forwardRun(scene);
    const outcome = await this.#forward.run();
    const { progress } = this.#forward;
    switch (outcome.kind) {
      case "completed":
        return endOperation(this.#tools, scene, { end: "completed", status: "completed", reason: null });
      case "completed_with_errors":
        return this.#endWithErrors(scene);
      case "waiting":
        return waitForOutside(this.#tools, scene, { failure: outcome.failure, waitsFor: outcome.stepKey, progress });
      case "failed":
        // Nobody has committed in time: it was started to go back then.
        if (outcome.failure.error.code === "commit_window.over") return this.#goBack(scene, outcome.failure);
        return failOperation(this.#tools, scene, { failure: outcome.failure, waitsFor: outcome.stepKey, progress });
      case "interrupted":
        return this.#interrupted(scene);
    }
  }

  /** Everything that could be done is done. */
  async #endWithErrors(scene: Scene): Promise<OperationStatus> {
    const reason = whatFailed(await loadSteps(this.#tools.ports.connection, scene.operation.id));
    const status = "completed_with_errors";
    return endOperation(this.#tools, scene, { end: status, status, reason });
  }

  /** The window is over, and that it then goes back was asked for at its start. */
  #goBack(scene: Scene, failure: StepFailure): Promise<OperationStatus> {
    const error = writeJson(failureItem(failure, scene.environment.operation.requestId));
    scene.operation = { ...scene.operation, error };
    return takeBack(this.#tools, scene, "rolled_back");
  }

  async #forwardRun(scene: Scene): Promise<ForwardRun> {
    const { ports, keeper } = this.#tools;
    const { operation } = scene;
    scene.steps = withReason(scene.steps, (readJson(operation.parameters) as { reason?: string }).reason);
    return new ForwardRun(scene.environment, scene.steps, {
      handlers: STEP_HANDLERS,
      databaseNow: await databaseTime(ports.connection),
      leaseSignal: keeper.signal,
      measured: await measuredSeconds(ports.connection, operation),
      triesPerLook: TRIES_PER_LOOK,
      onStep: (step, change) => tellStep(ports.events, scene, step, change),
      beforeStep: (step) => this.#beforeStep(scene, step),
      owe: (trx, step, failure) =>
        oweStep(trx, ports, {
          operation,
          step,
          siteId: scene.environment[step.site].siteId,
          reason: failure.error.message,
        }),
    });
  }

  /** A person asked for something, or the engine is stopping. */
  async #interrupted(scene: Scene): Promise<OperationStatus> {
    const { connection } = this.#tools.ports;
    scene.operation = await loadOperation(connection, scene.operation.id);
    if (this.#stop.signal.aborted) return scene.operation.status;
    scene.steps = await loadSteps(connection, scene.operation.id);
    return this.#work(scene);
  }

  /** Right before a step's intent is written: progress, point of no return; for a fire step both markers. */
  async #beforeStep(scene: Scene, step: JournaledStep): Promise<boolean> {
    const { journal } = this.#tools;
    if (step.kind === "fire" && !scene.workflow.isOutsideEpochs) {
      const { as } = readJson(scene.operation.parameters) as { as?: string };
      await guardMarkers(scene.environment, scene.steps, {
        mustAnswer: true,
        isAlone: as === "unplanned" || scene.operation.mode === "unplanned",
      });
    }
    if (isPointOfNoReturn(step, scene.steps) && !(await this.#passNoReturn(scene))) return false;
    if (step.phase !== scene.phase) {
      scene.phase = step.phase;
      const { progress = 0, remainingSeconds = null } = this.#forward ?? {};
      await journal.writeOperation({ phase: step.phase, progress, remaining_seconds: remainingSeconds });
    }
    return true;
  }

  /** Passes the point of no return, unless a person has asked for something before: then nothing more is begun. */
  async #passNoReturn(scene: Scene): Promise<boolean> {
    if (scene.operation.is_past_no_return === 1) return true;
    let isPast = false;
    await this.#tools.journal.write("operation is_past_no_return", async (trx) => {
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

  async #pause(operation: OperationRow): Promise<OperationStatus> {
    await this.#tools.journal.write("operation paused", async (trx) => {
      const status_reason = "stopped after the point of no return: resume it, skip what holds it up, or abandon it";
      await setOperation(trx, operation.id, { status: "paused", status_reason });
      await clearRequest(trx, operation);
    });
    return "paused";
  }

  #leaveOut(scene: Scene, request: PersonRequest): Promise<void> {
    const { journal } = this.#tools;
    return leaveOut(scene, { journal }, { ...request, reason: request.reason ?? "" });
  }

  /** Puts what failed back to pending; after `as: unplanned` what only the lost source could do is owed. */
  async #prepareRepeat(scene: Scene, request: PersonRequest): Promise<void> {
    const { ports, journal } = this.#tools;
    if (request.verb === "skip") await this.#leaveOut(scene, request);
    const repeated = scene.steps.filter(isRepeatable);
    for (const step of repeated) step.status = "pending";
    await Promise.all(
      repeated.map((step) =>
        journal.writeStep(step.key, { status: "pending", error: null, message: null, finishedAt: null }),
      ),
    );
    if (request.as !== "unplanned") return;
    await goOnWithoutSource(scene, { journal, ports, reason: request.reason ?? "" });
    scene.operation = await loadOperation(ports.connection, scene.operation.id);
  }
}

function isUndoing(step: JournaledStep): boolean {
  return step.status === "undoing" || step.status === "undone" || step.status === "undo_failed";
}

/** Steps that a resume or retry runs again: what failed, and what was skipped for it. */
function isRepeatable(step: JournaledStep): boolean {
  return (
    step.status === "failed" || step.status === "waiting" || (step.status === "skipped" && step.output === undefined)
  );
}
