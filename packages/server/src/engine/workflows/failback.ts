import type { MemberResult, ServerDescription } from "@protector/contract";
import { writeJson, writeTime } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { planFailback } from "../plans/failback.ts";
import { withHooks } from "../plans/hooks.ts";
import type { JournaledStep } from "../runner/operation-store.ts";
import type { CutPoint } from "../steps/replication.ts";
import type { VerifiedServer } from "../steps/verify-server.ts";
import type { MemberView } from "../world/group-view.ts";
import { hookScene } from "../world/hook-scene.ts";
import { observeFailback } from "../world/observe-failback.ts";
import { writeGroupVolumes } from "./consistency-group-rows.ts";
import { bringsServers, isMovedWhole, recordedMembers, statusAfterMove } from "./group-status.ts";
import { keptSnapshots } from "./kept-snapshots.ts";
import { isMemberLeftOut, leftOutSteps } from "./left-out.ts";
import { owedSteps } from "./owed-steps.ts";
import { recordReturn, recordTargetVolumes } from "./recovery-rows.ts";
import { outputOf } from "./step-output.ts";
import type { Workflow, WorkflowReport, WorkflowTransaction } from "./workflow.ts";

/** Brings a group home: the servers that wait there run again, on the data of the other site, which is emptied at the end. */
export const failback: Workflow = {
  type: "failback",
  direction: (view, localSiteId) => ({ sourceSiteId: view.group.peer_site_id, targetSiteId: localSiteId }),
  plan: async (context) =>
    withHooks(planFailback(await observeFailback(context)), hookScene(context.operation, context.view)),
  begin: async ({ trx, operation, connection }) => {
    await trx
      .updateTable("protection_groups")
      .set({ status: "failing_back", updated_at: connection.now() })
      .where("id", "=", operation.protection_group_id)
      .execute();
  },
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") await recordHome(context);
    else if (end === "undone" || end === "abandoned") await recordReturn(context);
  },
  report: reportFailback,
};

async function recordHome(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, steps, sourceSiteId, targetSiteId, localSiteId, now } = context;
  const recorded = recordedMembers(context);
  for (const member of recorded) {
    const { isHome, serverId, description } = outcomeOf(steps, member);
    const error = isHome ? changeError(steps, member.id) : memberError(steps, member.id);
    await trx
      .updateTable("pg_members")
      .set({
        status: isHome ? "protected" : "error",
        ...(isHome ? { home_server_id: serverId, peer_server_id: null } : {}),
        ...(description
          ? { name: description.name, description: writeJson(description), captured_at: connection.now() }
          : {}),
        error: error ? writeJson(error) : null,
        updated_at: connection.now(),
      })
      .where("id", "=", member.id)
      .execute();
  }
  await recordVolumes(
    context,
    recorded.map(({ id }) => id),
  );
  const isUp = (member: MemberView) => outcomeOf(steps, member).isHome;
  await trx
    .updateTable("protection_groups")
    .set({
      status: statusAfterMove({ isHome: true, isWhole: isMovedWhole(view, recorded, isUp) }),
      ...(bringsServers(context, recorded, isUp) ? protectionOf(outputOf<CutPoint>(steps, "forward.wait")) : {}),
      primary_site_id: targetSiteId,
      peer_site_id: sourceSiteId,
      epoch: outputOf<{ epoch: number }>(steps, "epoch.target")?.epoch ?? view.group.epoch,
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    .execute();
  await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
}

/** @param point the first one that was sent forward. */
function protectionOf(point: CutPoint | undefined) {
  if (!point)
    return {
      protection: "seeding",
      protection_reason: "waiting for the first recovery point after the servers came home",
      is_failover_ready: 0,
    } as const;
  return {
    protection: "protected",
    protection_reason: null,
    last_recovery_point_at: writeTime(point.createdAt),
    is_failover_ready: 0,
  } as const;
}

/** What is home now, and that the other site has none of it any more. */
async function recordVolumes(context: WorkflowTransaction, memberIds: readonly string[]): Promise<void> {
  const { view, steps, sourceSiteId } = context;
  const ids = memberIds.filter((id) => outputOf(steps, `verify.${id}`) !== undefined);
  await recordTargetVolumes(context, ids);
  const left = view.consistencyGroups.find((row) => row.site_id === sourceSiteId);
  if (!left) return;
  await writeGroupVolumes(context, left.id, { ofMembers: ids, volumes: [] });
  if (!steps.some((step) => step.action === "away.cinder_group" && step.status === "completed")) return;
  await context.trx
    .updateTable("consistency_groups")
    .set({ cinder_group_id: null, updated_at: context.connection.now() })
    .where("id", "=", left.id)
    .execute();
}

interface MemberOutcome {
  readonly isHome: boolean;
  readonly serverId: string | null;
  readonly description: ServerDescription | undefined;
}

function outcomeOf(steps: readonly JournaledStep[], { id, row }: MemberView): MemberOutcome {
  const verified = outputOf<VerifiedServer>(steps, `verify.${id}`);
  const stayed = outputOf(steps, `back.${id}`) !== undefined;
  return {
    isHome: verified !== undefined || stayed,
    serverId: verified?.serverId ?? row.home_server_id,
    description: outputOf<{ description: ServerDescription }>(steps, `capture.${id}`)?.description,
  };
}

function reportFailback(context: Omit<WorkflowTransaction, "trx">): WorkflowReport {
  const { view, steps } = context;
  const members = view.members.map((member): MemberResult => {
    const { isHome } = outcomeOf(steps, member);
    const verified = outputOf<VerifiedServer>(steps, `verify.${member.id}`);
    const own = steps.filter((step) => step.memberId === member.id);
    const isStopped = own.some((step) => step.key.startsWith("stop.") && step.status === "completed");
    const isFailed = own.some((step) => step.status === "failed");
    return {
      member_id: member.id,
      name: member.name,
      status: isHome
        ? "home"
        : isMemberLeftOut(steps, member.id)
          ? "skipped"
          : isFailed
            ? "error"
            : isStopped
              ? "stopped"
              : "unchanged",
      server_id: verified?.serverId ?? null,
      addresses: [...(verified?.addresses ?? [])],
      downtime_seconds: verified?.downtimeSeconds ?? null,
      error: isHome ? changeError(steps, member.id) : memberError(steps, member.id),
    };
  });
  const downtimes = members.map((member) => member.downtime_seconds).filter((seconds) => seconds !== null);
  return {
    members,
    recoveryPoint: outputOf<CutPoint>(steps, "final.verify")?.suffix ?? null,
    dataLossSeconds: 0,
    downtimeSeconds: downtimes.length > 0 ? Math.max(...downtimes) : null,
    leftovers: [...leftOutSteps(steps), ...owedSteps(steps), ...keptSnapshots(steps)],
  };
}

/** Why something of a server that is home is not as it was at the other site: it can be tried again. */
function changeError(steps: readonly JournaledStep[], memberId: string) {
  return steps.find((step) => step.memberId === memberId && step.status === "failed")?.error ?? null;
}

function memberError(steps: readonly JournaledStep[], memberId: string) {
  return steps.find((step) => step.memberId === memberId && step.error)?.error ?? null;
}
