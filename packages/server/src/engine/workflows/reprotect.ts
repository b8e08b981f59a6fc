import { writeJson, writeTime } from "../../db/codecs.ts";
import { withHooks } from "../plans/hooks.ts";
import { deletedServers } from "../plans/left-behind.ts";
import { planReprotect, type RecapturedInput } from "../plans/reprotect.ts";
import type { DescribedStorage } from "../steps/describe-storage.ts";
import type { CutPoint } from "../steps/replication.ts";
import { podAtSite, protectedReason } from "../world/group-names.ts";
import type { GroupView } from "../world/group-view.ts";
import { hookScene } from "../world/hook-scene.ts";
import { observeReprotect } from "../world/observe-reprotect.ts";
import { writeConsistencyGroup, writeGroupVolumes } from "./consistency-group-rows.ts";
import { statusAtRest } from "./group-status.ts";
import { keptSnapshots } from "./kept-snapshots.ts";
import { leftOutSteps } from "./left-out.ts";
import { owedSteps } from "./owed-steps.ts";
import { outputOf } from "./step-output.ts";
import { fromHere, type Workflow, type WorkflowReport, type WorkflowTransaction } from "./workflow.ts";

/** Makes a group that was failed over replicate to the site that it left, and waits for the first complete point. */
export const reprotect: Workflow = {
  type: "reprotect",
  direction: fromHere,
  plan: async (context) =>
    withHooks(planReprotect(await observeReprotect(context)), hookScene(context.operation, context.view)),
  begin: beginReprotection,
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") await recordReprotected(context);
    else if (end === "undone" || end === "abandoned") await recordUnprotected(context);
  },
  report: reportReprotection,
};

/** While everything is being sent. */
export async function beginReprotection({ trx, operation, connection }: WorkflowTransaction): Promise<void> {
  await trx
    .updateTable("protection_groups")
    .set({
      status: "reprotecting",
      protection: "seeding",
      protection_reason: "everything is being sent to the other site",
      updated_at: connection.now(),
    })
    .where("id", "=", operation.protection_group_id)
    .execute();
}

/** What people are told of an operation that sends everything to the other site. */
export function reportReprotection({ steps, view }: Omit<WorkflowTransaction, "trx">): WorkflowReport {
  return {
    members: [],
    recoveryPoint: outputOf<CutPoint>(steps, "wait")?.suffix ?? null,
    dataLossSeconds: null,
    downtimeSeconds: null,
    leftovers: [
      ...steps
        .filter(({ key, status }) => status === "failed" && (key === "cinder_group" || key === "tidy"))
        .map(({ title, error }) => ({ subject: title, reason: error?.detail ?? `not done for ${view.group.name}` })),
      ...leftOutSteps(steps),
      ...owedSteps(steps),
      ...keptSnapshots(steps),
    ],
  };
}

/** The group is protected at the other site: members, volumes, the first point. */
export async function recordReprotected(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, steps } = context;
  const captured = view.members.flatMap(({ id }) => {
    const step = steps.find(({ key }) => key === `captured.${id}`);
    return step ? [{ id, ...(step.input as RecapturedInput) }] : [];
  });
  for (const { id } of captured) {
    await trx
      .updateTable("pg_members")
      .set({ status: "protected", updated_at: connection.now() })
      .where("id", "=", id)
      .execute();
  }
  const storage = outputOf<DescribedStorage>(steps, "storage");
  if (storage) {
    const cinderGroup = outputOf<{ cinderGroupId: string }>(steps, "cinder_group");
    const id = await writeConsistencyGroup(context, {
      ...storage.source,
      cinderGroupId: cinderGroup?.cinderGroupId ?? null,
    });
    await writeGroupVolumes(context, id, {
      ofMembers: captured.map((member) => member.id),
      volumes: captured.flatMap((member) =>
        member.description.volumes.map((volume, index) => ({
          memberId: member.id,
          position: placeOf(view, { memberId: member.id, volumeId: volume.volume_id, index }),
          volumeId: volume.volume_id,
          arrayVolume: volume.array_volume,
          sizeGib: volume.size_gib,
        })),
      ),
    });
  }
  await recordEmptied(context);
  const point = outputOf<CutPoint>(steps, "wait");
  await trx
    .updateTable("protection_groups")
    .set({
      status: statusAtRest(view),
      protection: "protected",
      protection_reason: protectedReason(view.group, podAtSite(view, context.sourceSiteId) !== undefined),
      ...(point ? { last_recovery_point_at: writeTime(point.createdAt) } : {}),
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    .execute();
}

/** What was captured of servers at a site that is their home from now on: the next recovery is planned from that. */
export async function recordCaptures({ trx, connection, steps, view }: WorkflowTransaction): Promise<void> {
  for (const { id } of view.members) {
    const step = steps.find(({ key }) => key === `captured.${id}`);
    if (!step) continue;
    const { description } = step.input as RecapturedInput;
    await trx
      .updateTable("pg_members")
      .set({ name: description.name, description: writeJson(description), captured_at: connection.now() })
      .where("id", "=", id)
      .execute();
  }
}

/** The other site has nothing of the group any more but its copy. */
async function recordEmptied(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, steps, targetSiteId } = context;
  const deleted = new Set(deletedServers(steps).map(({ memberId }) => memberId));
  const gone = view.members.map(({ id }) => id).filter((id) => deleted.has(id));
  if (gone.length === 0) return;
  await trx
    .updateTable("pg_members")
    .set({ peer_server_id: null, updated_at: connection.now() })
    .where("id", "in", gone)
    .execute();
  const left = view.consistencyGroups.find((row) => row.site_id === targetSiteId);
  if (!left) return;
  await writeGroupVolumes(context, left.id, { ofMembers: gone, volumes: [] });
  await trx
    .updateTable("consistency_groups")
    .set({ cinder_group_id: null, updated_at: connection.now() })
    .where("id", "=", left.id)
    .execute();
}

/**
 * A volume's place in its member's rows says which volume at the other site it came from, and stays; one that was attached
 * since gets a place that no site has given.
 */
function placeOf(
  { volumes }: GroupView,
  { memberId, volumeId, index }: { readonly memberId: string; readonly volumeId: string; readonly index: number },
): number {
  const ofMember = volumes.filter((row) => row.member_id === memberId);
  const known = ofMember.find((row) => row.volume_id === volumeId);
  return known ? known.position : 1 + index + Math.max(-1, ...ofMember.map((row) => row.position));
}

/** Nothing replicates, as before. */
export async function recordUnprotected({ trx, connection, view }: WorkflowTransaction): Promise<void> {
  await trx
    .updateTable("protection_groups")
    .set({
      status: statusAtRest(view),
      protection: "unprotected",
      protection_reason: "nothing replicates to the other site until it is reprotected",
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    .execute();
}
