import { arrayGroupName } from "@protector/storage";
import { deletedServers } from "../plans/left-behind.ts";
import type { DescribedStorage } from "../steps/describe-storage.ts";
import type { RemoveAwayVolumeInput } from "../steps/empty-away.ts";
import type { VerifiedServer } from "../steps/verify-server.ts";
import { writeConsistencyGroup, writeGroupVolumes } from "./consistency-group-rows.ts";
import { statusAtRest } from "./group-status.ts";
import { outputOf } from "./step-output.ts";
import type { WorkflowTransaction } from "./workflow.ts";

/** Writes which volumes members have at the target now: those of the servers that were seen there. */
export async function recordTargetVolumes(context: WorkflowTransaction, memberIds: readonly string[]): Promise<void> {
  const { steps } = context;
  const storage = outputOf<DescribedStorage>(steps, "storage");
  if (!storage) return;
  const cinderGroup = outputOf<{ cinderGroupId: string }>(steps, "cinder_group");
  const id = await writeConsistencyGroup(context, {
    ...storage.target,
    // Recovered volumes are in no pod, whatever those were that they are copies of.
    arrayGroup: arrayGroupName(context.view.group.id),
    cinderGroupId: cinderGroup?.cinderGroupId ?? null,
  });
  await writeGroupVolumes(context, id, {
    ofMembers: memberIds,
    volumes: memberIds.flatMap((memberId) =>
      (outputOf<VerifiedServer>(steps, `verify.${memberId}`)?.volumes ?? []).map((volume, position) => ({
        ...volume,
        memberId,
        position,
      })),
    ),
  });
}

/** What an older recovery had left at the target is gone, however this one ends. */
export async function recordCleared({ trx, connection, view, steps }: WorkflowTransaction): Promise<void> {
  const done = steps.filter(({ status }) => status === "completed");
  const serverIds = deletedServers(done).map(({ serverId }) => serverId);
  const volumeIds = done
    .filter(({ action }) => action === "away.volume")
    .map(({ input }) => (input as RemoveAwayVolumeInput).volumeId);
  if (serverIds.length > 0)
    await trx
      .updateTable("pg_members")
      .set({ peer_server_id: null, updated_at: connection.now() })
      .where("protection_group_id", "=", view.group.id)
      .where("peer_server_id", "in", serverIds)
      .execute();
  if (volumeIds.length > 0)
    await trx
      .deleteFrom("cg_volumes")
      .where("volume_id", "in", volumeIds)
      .where(
        "consistency_group_id",
        "in",
        view.consistencyGroups.map(({ id }) => id),
      )
      .execute();
}

/** The source is primary again, or has been all along: at whatever epoch undoing left the markers. */
export async function recordReturn({ trx, connection, view, steps, operation }: WorkflowTransaction): Promise<void> {
  const raised = steps.find(({ key, status }) => status === "undone" && /^epoch\.(source|target)$/.test(key));
  await trx
    .updateTable("protection_groups")
    .set({
      status: statusAtRest(view),
      ...(raised ? { epoch: (raised.input as { back: number }).back } : {}),
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    // One that gave the group up to another has no say in it any more.
    .where("current_operation_id", "=", operation.id)
    .execute();
}
