import { CLOSED_OPERATION_STATUSES, ProtectorError } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import { hasTargetWritten } from "../runner/commit.ts";
import type { DutyInput } from "../runner/duties.ts";
import {
  databaseTime,
  type JournaledStep,
  loadOperation,
  loadSteps,
  type OperationRow,
} from "../runner/operation-store.ts";
import { outboundOf } from "../runner/outbound.ts";
import { type StepEnvironment, stepContext } from "../runner/step-context.ts";
import { type StepContext, type StepHandler, type StepHandlers, Superseded } from "../runner/step-handler.ts";
import type { FencedSource } from "../steps/fence-source.ts";
import { STEP_HANDLERS } from "../steps/index.ts";
import type { SetScheduleInput } from "../steps/replication.ts";
import { WORKFLOWS } from "../workflows/index.ts";
import { openSite } from "../world/group-access.ts";
import { idInNames, makerOfServer } from "../world/own-objects.ts";
import type { DutyOutcome, DutyScene } from "./duty.ts";
import { DutyJournal } from "./duty-journal.ts";
import { readMarkers } from "./group-markers.ts";

/** Steps that are right only while the other site is primary; their undoing only while their own site is. */
const FENCING_STEPS = new Set([
  "source.fence",
  "source.stop",
  "server.lock",
  "server.stop",
  "server.park",
  "replication.schedule",
  "array_group.allow",
]);
/** As a duty it is done only when Nova has stopped the servers: nothing comes after it that would. */
const FENCE_STEP = "source.fence";
/** Steps after which a marker stands in the operation's name. */
const MARKER_STEPS = new Set(["marker.raise", "marker.claim", "marker.take"]);

/** Beginning of the steps that delete what a group has left behind. */
const EMPTYING = "away.";
/** Phase of those that wait until the group is protected elsewhere: what is in the way of a failover goes at any time. */
const AT_THE_END = "empty";

interface Owed {
  readonly scene: DutyScene;
  readonly operation: OperationRow;
  readonly steps: readonly JournaledStep[];
  readonly step: JournaledStep;
  readonly isUndo: boolean;
}

/** Does a step of an operation, or takes it back, at a site that did not answer when it was due. */
export async function doOwedStep(scene: DutyScene): Promise<DutyOutcome> {
  const { ports, duty } = scene;
  const { connection } = ports;
  const { stepKey, isUndo } = readJson(duty.input) as DutyInput;
  const operation = await loadOperation(connection, duty.operation_id ?? "");
  const steps = await loadSteps(connection, operation.id);
  const step = steps.find((each) => each.key === stepKey);
  if (!step) return { kind: "void", reason: `operation ${operation.id} has no step ${stepKey}` };
  const owed = { scene, operation, steps, step, isUndo };
  return (await whyNotNow(owed)) ?? (await carryOut(owed));
}

/** Who is primary may have changed since the duty was written: then stopping or starting servers would do harm. */
async function whyNotNow(owed: Owed): Promise<DutyOutcome | undefined> {
  const { scene, operation, steps, step, isUndo } = owed;
  const { duty, round, view, localSiteId } = scene;
  if (isUndo && (operation.is_past_no_return === 1 || isLeftRunning(operation, steps))) return whyLeft(owed);
  if (step.action.startsWith(EMPTYING) && step.phase === AT_THE_END) return whyNotEmptied(scene);
  if (!FENCING_STEPS.has(step.action)) return undefined;
  const { highest, primarySiteId } = await readMarkers(round, view, localSiteId);
  if (!highest) return { kind: "kept", reason: "no array answers for the group's marker" };
  const isPrimary = primarySiteId === duty.site_id;
  if (isPrimary === startsThere(step, isUndo)) return undefined;
  if (!isUndo && isPrimary && !isClosed(operation)) return { kind: "kept", reason: "its operation is still at work" };
  const reason = isPrimary ? "the site is primary again" : "the other site is primary";
  return isUndo ? { kind: "kept", reason } : { kind: "void", reason };
}

/** Servers that have run hold writes: a later recovery or a reprotection deletes them, and keeps what they wrote. */
async function whyLeft({ scene, operation }: Owed): Promise<DutyOutcome> {
  const { ports, view, duty } = scene;
  const requestId = operation.request_id ?? `req-${operation.id}`;
  const site = await openSite(ports, { view, transport: ports.transport, userId: "", requestId }, duty.site_id);
  try {
    const own = idInNames(operation.id);
    if ((await site.reads.servers()).some((server) => makerOfServer(server) === own))
      return { kind: "kept", reason: "its servers have run at the target: what it made may be in use" };
    return { kind: "void", reason: "its servers have been deleted since" };
  } finally {
    await site.array.close();
  }
}

/** Superseded before its commit: its servers may still run. */
function isLeftRunning({ status }: OperationRow, steps: readonly JournaledStep[]): boolean {
  return status === "superseded" && hasTargetWritten(steps);
}

/** What a failback leaves behind goes only while the group is at home, with a complete point of it elsewhere. */
function whyNotEmptied({ view, localSiteId }: DutyScene): DutyOutcome | undefined {
  const { primary_site_id, protection } = view.group;
  if (primary_site_id !== localSiteId) return { kind: "void", reason: "the other site is primary again" };
  return protection === "protected" ? undefined : { kind: "kept", reason: "the group is not protected at home yet" };
}

/** Whether it makes servers run or replicate at its site, rather than stop. */
function startsThere(step: JournaledStep, isUndo: boolean): boolean {
  const turnsOn = step.action === "replication.schedule" && (step.input as SetScheduleInput).settings.enabled;
  return turnsOn !== isUndo;
}

async function carryOut(owed: Owed): Promise<DutyOutcome> {
  const { step, isUndo, operation } = owed;
  const handler: StepHandler<never, unknown> | undefined = (STEP_HANDLERS as StepHandlers)[step.action];
  if (!handler) return { kind: "void", reason: `no step is named ${step.action}` };
  return inEnvironment(owed, async (context) => {
    try {
      if (isUndo) await handler.undo?.(context, step.input as never, step.output as never);
      else {
        const output = await handler.run(context, step.input as never);
        await recordOutput(owed, output);
        if (step.action === FENCE_STEP && isCutOff(output as FencedSource)) {
          return { kind: "kept", reason: "cut off from their volumes, but not stopped: Nova has not done it" };
        }
      }
      if (!isUndo && MARKER_STEPS.has(step.action) && isClosed(operation)) {
        await STEP_HANDLERS["marker.release_here"].run(context, {});
      }
      return { kind: "done" };
    } catch (error) {
      const isGone = error instanceof ProtectorError && error.code === "member.server_not_found";
      if (error instanceof Superseded || (isGone && !isUndo)) return { kind: "void", reason: error.message };
      throw error;
    }
  });
}

/** The group's row names its Cinder group, however late that was made. */
async function recordOutput({ scene: { ports, duty }, step }: Owed, output: unknown): Promise<void> {
  if (step.action !== "cinder_group.ensure") return;
  const { cinderGroupId } = output as { readonly cinderGroupId: string };
  await ports.connection.db
    .updateTable("consistency_groups")
    .set({ cinder_group_id: cinderGroupId, updated_at: ports.connection.now() })
    .where("protection_group_id", "=", duty.protection_group_id)
    .where("site_id", "=", duty.site_id)
    .execute();
}

function isCutOff({ means }: FencedSource): boolean {
  return Object.values(means).includes("disconnected");
}

function isClosed(operation: OperationRow): boolean {
  const closed: readonly string[] = [...CLOSED_OPERATION_STATUSES];
  return closed.includes(operation.status);
}

async function inEnvironment(owed: Owed, work: (context: StepContext) => Promise<DutyOutcome>): Promise<DutyOutcome> {
  const { scene, operation, steps, step, isUndo } = owed;
  const { ports, view, localSiteId, signal } = scene;
  const { clock, random, transport } = ports;
  const direction = WORKFLOWS[operation.type].direction(view, localSiteId);
  const requestId = operation.request_id ?? `req-${operation.id}`;
  const access = { view, transport, userId: operation.user_id, requestId };
  const source = await openSite(ports, access, direction.sourceSiteId);
  const target = await openSite(ports, access, direction.targetSiteId);
  const groupId = operation.protection_group_id;
  const environment: StepEnvironment = {
    operation: {
      id: operation.id,
      groupId,
      projectId: operation.project_id,
      userId: operation.user_id,
      type: operation.type,
      leaseNumber: operation.lease_number,
      requestId,
      epoch: operation.epoch,
    },
    source,
    target,
    journal: new DutyJournal(ports, { id: operation.id, groupId }),
    outbound: outboundOf(ports, transport),
    clock,
    random,
  };
  const now = await databaseTime(ports.connection);
  const unknownForMs = isUndo && step.startedAt !== null ? Math.max(0, now - step.startedAt) : undefined;
  const outputOf = (key: string) => steps.find((other) => other.key === key)?.output;
  try {
    return await work(stepContext(environment, { step, unknownForMs, signal, outputOf }));
  } finally {
    await Promise.allSettled([source.array.close(), target.array.close()]);
  }
}
