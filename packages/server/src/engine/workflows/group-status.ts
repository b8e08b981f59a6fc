import type { ProtectionGroupStatus } from "@protector/contract";
import { type GroupView, type MemberView, serverAt } from "../world/group-view.ts";
import type { WorkflowTransaction } from "./workflow.ts";

/** Status of a group that no operation changes, where its primary is; partial when a member has no server there. */
export function statusAtRest(view: GroupView): ProtectionGroupStatus {
  const { group, members } = view;
  if (group.primary_site_id === group.home_site_id) return "active";
  const isWhole = members.every((member) => serverAt(view, member, group.primary_site_id) !== null);
  return isWhole && members.every(({ row }) => row.status !== "error") ? "failed_over" : "failed_over_partial";
}

/** How far a move has come, by its members. */
export interface MoveResult {
  /** They are at the group's home now. */
  readonly isHome: boolean;
  /** Every server is up where it was to be, whatever else was not done. */
  readonly isWhole: boolean;
}

/** Status of a group whose servers were moved: partial only while one of them is not up. */
export function statusAfterMove({ isHome, isWhole }: MoveResult): ProtectionGroupStatus {
  if (!isWhole) return "failed_over_partial";
  return isHome ? "active" : "failed_over";
}

/**
 * Members whose rows a move writes when it ends: all of them; of one that had ended before and was tried again those that it
 * brings up now, since the others may have changed meanwhile.
 */
export function recordedMembers({
  view,
  steps,
  targetSiteId,
}: Pick<WorkflowTransaction, "view" | "steps" | "targetSiteId">): readonly MemberView[] {
  if (!isMovedAlready({ view, targetSiteId })) return view.members;
  const own = new Set(steps.map(({ memberId }) => memberId));
  return view.members.filter(({ id, row }) => own.has(id) && (isMissing(row) || row.error !== null));
}

/** Whether a move that ends brings a server that was not there before: with it the group is as after a move again. */
export function bringsServers(
  context: Pick<WorkflowTransaction, "view" | "targetSiteId">,
  recorded: readonly MemberView[],
  isUp: (member: MemberView) => boolean,
): boolean {
  return !isMovedAlready(context) || recorded.some((member) => isMissing(member.row) && isUp(member));
}

/** Whether every server of a group is up when its move ends: those that are recorded now, and those that were before. */
export function isMovedWhole(
  { members }: GroupView,
  recorded: readonly MemberView[],
  isUp: (member: MemberView) => boolean,
): boolean {
  return members.every((member) => (recorded.includes(member) ? isUp(member) : !isMissing(member.row)));
}

/** Its server did not come up in a move. */
function isMissing({ status }: MemberView["row"]): boolean {
  return status === "error";
}

/** Whether the move had ended before, with something to be tried again. */
function isMovedAlready({ view, targetSiteId }: Pick<WorkflowTransaction, "view" | "targetSiteId">): boolean {
  return view.group.primary_site_id === targetSiteId;
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
