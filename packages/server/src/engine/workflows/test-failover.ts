import { type MemberResult, TEST_PHASES, TEST_TIME_LIMIT } from "@protector/contract";
import { writeTime } from "../../db/codecs.ts";
import { withHooks } from "../plans/hooks.ts";
import { planTestFailover } from "../plans/test-failover.ts";
import type { JournaledStep } from "../runner/operation-store.ts";
import type { ConfirmedPoint } from "../steps/confirm-point.ts";
import type { VerifiedServer } from "../steps/verify-server.ts";
import { hookScene } from "../world/hook-scene.ts";
import { observeTest, testParameters } from "../world/observe-test.ts";
import { isMemberLeftOut, leftOutSteps } from "./left-out.ts";
import { outputOf } from "./step-output.ts";
import type { Workflow, WorkflowEnd, WorkflowReport, WorkflowTransaction } from "./workflow.ts";

/**
 * Starts copies of a group's servers at this site, on networks that reach nothing else, from a kept recovery point. Writes
 * nothing of the group but that the point is proven; what it made stands until it is cleaned up.
 */
export const testFailover: Workflow = {
  type: "test_failover",
  direction: (view, localSiteId) => ({ sourceSiteId: view.group.peer_site_id, targetSiteId: localSiteId }),
  isOutsideEpochs: true,
  plan: async (context) =>
    withHooks(planTestFailover(await observeTest(context)), hookScene(context.operation, context.view)),
  end: async (context, end) => {
    if (end === "completed") await markProven(context);
  },
  endState: (context, end) => (stands(end) ? standing(context) : {}),
  report: reportTest,
};

/** Whether an end leaves servers behind. */
function stands(end: WorkflowEnd): boolean {
  return end === "completed" || end === "completed_with_errors";
}

/** Whole hours as hours, else minutes. */
function timeText(seconds: number): string {
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.round(seconds / 60)} min`;
}

/** Until when it stands: the watch cleans it up then. */
function standing({ connection, operation }: Omit<WorkflowTransaction, "trx">) {
  const { cleanup, time_limit } = testParameters(operation);
  const seconds = cleanup === "auto" ? 0 : (time_limit ?? TEST_TIME_LIMIT.usual);
  const until = cleanup === "auto" ? "is cleaned up now" : `stands for ${timeText(seconds)}, then it is cleaned up`;
  return {
    phase: TEST_PHASES.standing,
    status_reason: `the test ${until}`,
    next_look_at: connection.fromNow(seconds * 1000),
  };
}

/** Every server came up from the point: it can be recovered from. */
async function markProven({
  trx,
  connection,
  view,
  steps,
  sourceSiteId,
  operation,
}: WorkflowTransaction): Promise<void> {
  const point = outputOf<ConfirmedPoint>(steps, "point");
  if (!point) return;
  const proven = await trx
    .updateTable("recovery_points")
    .set({ proven_at: connection.now() })
    .where("protection_group_id", "=", view.group.id)
    .where("source_site_id", "=", sourceSiteId)
    .where("name", "=", point.suffix)
    .executeTakeFirst();
  if (proven.numUpdatedRows > 0n) return;
  await trx
    .insertInto("recovery_points")
    .values({
      // Of the operation's own id, so that a repeated transaction writes the same row.
      id: operation.id,
      protection_group_id: view.group.id,
      name: point.suffix,
      source_site_id: sourceSiteId,
      cut_at: writeTime(point.createdAt),
      completed_at: null,
      progress: 1,
      bytes_sent: 0,
      is_usable: 1,
      proven_at: connection.now(),
      seen_at: connection.now(),
    })
    .execute();
}

function reportTest({ view, steps, operation }: Omit<WorkflowTransaction, "trx">): WorkflowReport {
  const members = view.members.map((member): MemberResult => {
    const verified = outputOf<VerifiedServer>(steps, `verify.${member.id}`);
    const error = verified ? null : errorOf(steps, member.id);
    return {
      member_id: member.id,
      name: member.name,
      status: verified ? "tested" : isMemberLeftOut(steps, member.id) ? "skipped" : error ? "error" : "not tested",
      server_id: verified?.serverId ?? outputOf<{ serverId: string }>(steps, `server.${member.id}`)?.serverId ?? null,
      addresses: [...(verified?.addresses ?? [])],
      downtime_seconds: verified?.downtimeSeconds ?? null,
      error,
    };
  });
  const times = members.map((member) => member.downtime_seconds).filter((seconds) => seconds !== null);
  return {
    members,
    recoveryPoint: outputOf<ConfirmedPoint>(steps, "point")?.suffix ?? operation.recovery_point,
    dataLossSeconds: operation.data_loss_seconds,
    downtimeSeconds: times.length > 0 ? Math.max(...times) : null,
    leftovers: [...leftOutSteps(steps)],
  };
}

function errorOf(steps: readonly JournaledStep[], memberId: string) {
  return steps.find((each) => each.memberId === memberId && each.error)?.error ?? null;
}
