import { MAY_EXIST } from "../../db/repositories/ledger.ts";
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
  const steps = planTakeDown({
    arrayGroup: arrayGroupAt(view, source.siteId),
    cinderGroup: cinderGroupName(view.group.id),
    epoch: view.group.epoch,
    sourceName: source.siteName,
    targetName: target.siteName,
    hasMarker: (await source.array.readMarker(view.group.id)) !== undefined,
    targetPodGroup: source.pod === undefined && target.pod !== undefined ? arrayGroupAt(view, target.siteId) : null,
    targetCinderGroupId: isPeerLost ? null : await emptyCinderGroupAt(context),
    isPeerLost,
  });
  return { ...plan, steps };
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
