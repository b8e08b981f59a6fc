import { isTestStanding, type MemberResult, ProtectorError, type ServerDescription } from "@protector/contract";
import { readJson, writeJson } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { leavePod } from "../../domain/leave-pod.ts";
import { findProvenTest } from "../../domain/proven-tests.ts";
import { commitWindowOf, withCommitWindow } from "../plans/commit-window.ts";
import { withHooks } from "../plans/hooks.ts";
import { planPlannedFailover } from "../plans/planned-failover.ts";
import { ledgerIdOf } from "../plans/test-cleanup.ts";
import { mustLetTestLeave, planUnplannedFailover } from "../plans/unplanned-failover.ts";
import type { JournaledStep } from "../runner/operation-store.ts";
import type { ConfirmedPoint } from "../steps/confirm-point.ts";
import type { FencedSource } from "../steps/fence-source.ts";
import type { CutPoint } from "../steps/replication.ts";
import type { VerifiedServer } from "../steps/verify-server.ts";
import type { MemberView } from "../world/group-view.ts";
import { hookScene } from "../world/hook-scene.ts";
import { observeFailover } from "../world/observe-failover.ts";
import { observeUnplanned } from "../world/observe-unplanned.ts";
import { bringsServers, isMovedWhole, recordedMembers, statusAfterMove } from "./group-status.ts";
import { keptSnapshots } from "./kept-snapshots.ts";
import { isMemberLeftOut, leftOutSteps } from "./left-out.ts";
import { owedSteps } from "./owed-steps.ts";
import { recordCleared, recordReturn, recordTargetVolumes } from "./recovery-rows.ts";
import { outputOf } from "./step-output.ts";
import type { PlanningContext, Workflow, WorkflowReport, WorkflowTransaction } from "./workflow.ts";

/** Moves a group's servers to this site: while the other one still runs, with no write lost, or without it. */
export const plannedFailover: Workflow = {
  type: "failover",
  direction: (view, localSiteId) => ({ sourceSiteId: view.group.peer_site_id, targetSiteId: localSiteId }),
  plan: async (context) => {
    const { operation, view } = context;
    const isUnplanned = operation.mode === "unplanned";
    const plan = isUnplanned ? await planUnplanned(context) : planPlannedFailover(await observeFailover(context));
    const open = withCommitWindow(plan, commitWindowOf(readJson(operation.parameters)), context.target.siteName);
    return withHooks(open, hookScene(operation, view));
  },
  begin: async (context) => {
    const { trx, operation, connection } = context;
    await cleanUpAfterwards(context);
    await trx
      .updateTable("protection_groups")
      .set({ status: "failing_over", updated_at: connection.now() })
      .where("id", "=", operation.protection_group_id)
      .execute();
  },
  end: async (context, end) => {
    await recordCleared(context);
    if (end === "completed" || end === "completed_with_errors") {
      await recordFailover(context);
      await endPromotedTest(context);
    } else await recordReturn(context);
  },
  report: reportFailover,
};

/** @throws ProtectorError `test.in_the_way` while a test that gave way still holds the room. */
async function planUnplanned(context: PlanningContext) {
  const input = await observeUnplanned(context);
  if (context.operation.is_dry_run === 0 && mustLetTestLeave(input)) {
    const detail = `A test of ${input.group.name} is still being taken back at ${input.target.siteName} and holds the room.`;
    throw new ProtectorError("test.in_the_way", detail);
  }
  return planUnplannedFailover(input);
}

/** Tests of which the plan deletes something are cleaned up, looks included, as soon as the group is free. */
async function cleanUpAfterwards({ trx, connection, operation }: WorkflowTransaction): Promise<void> {
  const removals = await trx
    .selectFrom("dr_operation_steps")
    .select("step_key")
    .where("operation_id", "=", operation.id)
    .where("action", "=", "test.remove")
    .execute();
  if (removals.length === 0) return;
  const rows = removals.map(({ step_key }) => ledgerIdOf(step_key));
  const tests = await trx.selectFrom("resource_ledger").select("operation_id").where("id", "in", rows).execute();
  await trx
    .updateTable("dr_operations")
    .set({ next_look_at: connection.now() })
    .where(
      "id",
      "in",
      tests.map(({ operation_id }) => operation_id),
    )
    .execute();
}

/** The test that was promoted has done its work: the watch cleans it up, where it stands. */
async function endPromotedTest(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, operation, view, targetSiteId } = context;
  const { promotes } = readJson(operation.parameters) as { promotes?: string };
  if (promotes === undefined) return;
  const test = await findProvenTest(trx, { group: view.group, siteId: targetSiteId, promotes });
  if (!test || !isTestStanding(test.phase)) return;
  await trx.updateTable("dr_operations").set({ next_look_at: connection.now() }).where("id", "=", test.id).execute();
}

/** The target is primary: members, volumes, epoch. */
async function recordFailover(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, targetSiteId, sourceSiteId, steps, localSiteId, now } = context;
  const isHome = view.group.home_site_id === targetSiteId;
  const recorded = recordedMembers(context);
  for (const member of recorded) {
    const verified = outputOf<VerifiedServer>(steps, `verify.${member.id}`);
    const server = outputOf<{ serverId: string }>(steps, `server.${member.id}`);
    const serverId = verified?.serverId ?? server?.serverId;
    const isUp = isRecovered(steps, member.id);
    const failure = isUp ? null : memberError(steps, member.id);
    const captured = outputOf<{ description: ServerDescription }>(steps, `capture.${member.id}`)?.description;
    await trx
      .updateTable("pg_members")
      .set({
        status: isUp ? (isHome ? "unprotected" : "failed_over") : "error",
        ...(captured ? { description: writeJson(captured), captured_at: connection.now() } : {}),
        ...(serverId ? (isHome ? { home_server_id: serverId } : { peer_server_id: serverId }) : {}),
        error: failure ? writeJson(failure) : null,
        updated_at: connection.now(),
      })
      .where("id", "=", member.id)
      .execute();
  }
  await recordTargetVolumes(
    context,
    recorded.map(({ id }) => id),
  );
  const isUp = ({ id }: MemberView) => isRecovered(steps, id);
  await trx
    .updateTable("protection_groups")
    .set({
      status: statusAfterMove({ isHome, isWhole: isMovedWhole(view, recorded, isUp) }),
      ...(bringsServers(context, recorded, isUp) ? UNPROTECTED : {}),
      primary_site_id: targetSiteId,
      peer_site_id: sourceSiteId,
      epoch: epochAfter(steps, view.group.epoch),
      pod: null,
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    .execute();
  // Back home on copies: what waited there in the pod is not used again.
  if (isHome) await leavePod(trx, view.group.id);
  await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
}

/** What a move leaves: the members that are up since are sent nowhere yet. */
const UNPROTECTED = {
  protection: "unprotected",
  protection_reason: "failed over: nothing replicates back until it is reprotected",
  is_failover_ready: 0,
} as const;

/** Whether a member's server was seen to be up, whatever else of it was not done. */
function isRecovered(steps: readonly JournaledStep[], memberId: string): boolean {
  return outputOf(steps, `verify.${memberId}`) !== undefined || hasStayed(steps, memberId);
}

/** A member that had never left, and runs again. */
function hasStayed(steps: readonly JournaledStep[], memberId: string): boolean {
  return outputOf(steps, `back.${memberId}`) !== undefined;
}

function epochAfter(steps: readonly JournaledStep[], before: number): number {
  return outputOf<{ epoch: number }>(steps, "epoch.target")?.epoch ?? before;
}

function reportFailover({ view, steps, operation }: Omit<WorkflowTransaction, "trx">): WorkflowReport {
  const members = view.members.map((member): MemberResult => {
    const verified = outputOf<VerifiedServer>(steps, `verify.${member.id}`);
    const own = steps.filter((step) => step.memberId === member.id);
    const failed = own.some((step) => step.status === "failed");
    const isStopped = own.some((step) => step.key.startsWith("stop.") && step.status === "completed");
    return {
      member_id: member.id,
      name: member.name,
      status: verified
        ? "failed_over"
        : hasStayed(steps, member.id)
          ? "home"
          : isMemberLeftOut(steps, member.id)
            ? "skipped"
            : failed
              ? "error"
              : isStopped
                ? "stopped"
                : "unchanged",
      server_id: verified?.serverId ?? null,
      addresses: [...(verified?.addresses ?? [])],
      downtime_seconds: verified?.downtimeSeconds ?? null,
      error: verified ? failedStep(steps, member.id) : memberError(steps, member.id),
    };
  });
  const cut = outputOf<CutPoint>(steps, "final.verify");
  const downtimes = members.map((member) => member.downtime_seconds).filter((seconds) => seconds !== null);
  return {
    members,
    recoveryPoint: cut?.suffix ?? operation.recovery_point,
    dataLossSeconds: operation.mode === "unplanned" ? lossOf(operation, steps) : 0,
    downtimeSeconds: downtimes.length > 0 ? Math.max(...downtimes) : null,
    leftovers: [...leftOutSteps(steps), ...owedSteps(steps), ...keptSnapshots(steps)],
  };
}

/** s of writes: until the plan was made, or until the servers were fenced when that was seen. */
function lossOf({ data_loss_seconds }: WorkflowTransaction["operation"], steps: readonly JournaledStep[]) {
  const point = outputOf<ConfirmedPoint>(steps, "final.verify");
  const fence = outputOf<Partial<FencedSource>>(steps, "fence");
  if (point === undefined || fence?.fencedAt === undefined) return data_loss_seconds;
  return Math.max(data_loss_seconds ?? 0, Math.round((fence.fencedAt - point.createdAt) / 1000));
}

/** What could not be done for a server that is up all the same: it can be tried again. */
function failedStep(steps: readonly JournaledStep[], memberId: string) {
  return steps.find((step) => step.memberId === memberId && step.status === "failed")?.error ?? null;
}

function memberError(steps: readonly JournaledStep[], memberId: string) {
  return steps.find((step) => step.memberId === memberId && step.error)?.error ?? null;
}
