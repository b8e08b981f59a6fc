import { arrayGroupName, pointsOf } from "@protector/storage";
import { MAY_EXIST } from "../../db/repositories/ledger.ts";
import { hasMovedInPair } from "../../domain/epochs.ts";
import { STORAGE_KINDS } from "../../domain/policy-removal.ts";
import { planTakeDown } from "../plans/take-down.ts";
import type { OperationPlan } from "../runner/plan.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import type { PlanningContext } from "./workflow.ts";

/**
 * Looks at what a group has outside, and plans that it goes. A group that nothing was ever made for (no policy, or one
 * that was refused before its first step) has nothing: its arrays, which may never have answered, are not asked.
 */
export async function planStorageTakeDown(
  context: PlanningContext,
  { isPeerLost }: { readonly isPeerLost: boolean },
): Promise<OperationPlan> {
  const { view, source, target } = context;
  const plan = { blockers: [], warnings: [], expectedDataLossSeconds: null, recoveryPoint: null };
  if (!(await mayHaveStorage(context))) return { ...plan, steps: [] };
  const targetGroup = isPeerLost ? null : await ownGroupAt(context);
  const steps = planTakeDown({
    arrayGroup: arrayGroupAt(view, source.siteId),
    cinderGroup: cinderGroupName(view.group.id),
    epoch: view.group.epoch,
    sourceName: source.siteName,
    targetName: target.siteName,
    hasMarker: (await source.array.readMarker(view.group.id)) !== undefined,
    targetPodGroup: source.pod === undefined && target.pod !== undefined ? arrayGroupAt(view, target.siteId) : null,
    targetGroup,
    arrivedGroup: targetGroup === null ? await arrivedGroup(context) : null,
    lostGroup: isPeerLost && hasRunAt(context) ? arrayGroupAt(view, target.siteId) : null,
    targetCinderGroupId: isPeerLost ? null : await emptyCinderGroupAt(context),
    isPeerLost,
  });
  return { ...plan, steps };
}

/** Whether the group has run at the other site, which is its home or was failed over to. */
function hasRunAt({ view, source, target }: PlanningContext): boolean {
  const { epoch, home_site_id } = view.group;
  return home_site_id === target.siteId || hasMovedInPair(epoch, { primary: source.siteId, peer: target.siteId });
}

/**
 * Id of the Cinder group at the other site when nothing is in it. One whose volumes are those of servers that wait there
 * stays with them: Cinder takes none out that a shelved server holds.
 */
async function emptyCinderGroupAt({ view, target }: PlanningContext): Promise<string | null> {
  const id = view.consistencyGroups.find(({ site_id }) => site_id === target.siteId)?.cinder_group_id;
  const group = id ? await target.admin.volume.findGroup(id) : undefined;
  return group && group.volumeIds.length === 0 ? group.id : null;
}

/** Array group of the other site from which points have arrived here; null: none have. */
async function arrivedGroup({ view, source, target }: PlanningContext): Promise<string | null> {
  const name = arrayGroupName(view.group.id);
  const points = await source.array.listRecoveryPoints(pointsOf(name, await target.arrayName()));
  return points.length === 0 ? null : name;
}

/**
 * The other site's own array group outside of a pod: it waits there while the group runs here away from home, or is left of a
 * recovery that was taken back.
 */
async function ownGroupAt({ view, target }: PlanningContext): Promise<string | null> {
  const name = arrayGroupName(view.group.id);
  return (await target.array.findGroup(name)) === undefined ? null : name;
}

/** Whether anything was ever made for a group outside. */
export async function mayHaveStorage({ view, connection }: PlanningContext): Promise<boolean> {
  if (!view.policy) return false;
  if (view.consistencyGroups.length > 0) return true;
  const made = await connection.db
    .selectFrom("resource_ledger")
    .select("id")
    .where("protection_group_id", "=", view.group.id)
    .where("kind", "in", [...STORAGE_KINDS])
    .where("state", "in", [...MAY_EXIST])
    .executeTakeFirst();
  return made !== undefined;
}
