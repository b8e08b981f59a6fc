import type { ProtectionGroupStatus } from "@protector/contract";
import { type GroupView, serverAt } from "../world/group-view.ts";
import type { WorkflowTransaction } from "./workflow.ts";

/** Status of a group that no operation changes, where its primary is; partial when a member has no server there. */
export function statusAtRest(view: GroupView): ProtectionGroupStatus {
  const { group, members } = view;
  if (group.primary_site_id === group.home_site_id) return "active";
  const isWhole = members.every((member) => serverAt(view, member, group.primary_site_id) !== null);
  return isWhole && members.every(({ row }) => row.status !== "error") ? "failed_over" : "failed_over_partial";
}

/** Volumes have joined a group: it is not protected before a recovery point holds them too. */
export async function recordSeeding({ trx, connection, view }: WorkflowTransaction): Promise<void> {
  await trx
    .updateTable("protection_groups")
    .set({
      protection: "seeding",
      protection_reason: "waiting for a recovery point that holds every volume",
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    .execute();
}
