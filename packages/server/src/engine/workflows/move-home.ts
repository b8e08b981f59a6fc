import { writeTime } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { leavePod } from "../../domain/leave-pod.ts";
import { turnHome } from "../../domain/turn-home.ts";
import { withHooks } from "../plans/hooks.ts";
import { planMoveHome } from "../plans/move-home.ts";
import { hookScene } from "../world/hook-scene.ts";
import { observeReprotect } from "../world/observe-reprotect.ts";
import {
  beginReprotection,
  recordCaptures,
  recordReprotected,
  recordUnprotected,
  reportReprotection,
} from "./reprotect.ts";
import { stableId } from "./stable-id.ts";
import { fromHere, type Workflow, type WorkflowTransaction } from "./workflow.ts";

/**
 * Makes the site that a group runs at its home: no server moves. Everything replicates to the other site, and what the group
 * has left there is no way home any more: it is deleted after the first complete point.
 */
export const moveHome: Workflow = {
  type: "move_home",
  direction: fromHere,
  plan: async (context) => {
    const plan = planMoveHome(await observeReprotect(context, { becomesHome: true }));
    return withHooks(plan, hookScene(context.operation, context.view));
  },
  begin: beginReprotection,
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") await recordMoved(context);
    else if (end === "undone" || end === "abandoned") await recordUnprotected(context);
  },
  report: reportReprotection,
};

/** Members first, as they were found; then everything that is seen from home is turned around. */
async function recordMoved(context: WorkflowTransaction): Promise<void> {
  const { trx, operation, view, localSiteId, now } = context;
  await recordCaptures(context);
  let count = 0;
  // Of the operation's own id, so that a repeated transaction writes the same rows.
  const newId = () => stableId(operation.id, String(count++));
  await turnHome(trx, view.group, { newId, now: writeTime(now) });
  await recordReprotected(context);
  await leavePod(trx, view.group.id);
  await trx
    .updateTable("protection_groups")
    .set({ status: "active", protection_reason: null })
    .where("id", "=", view.group.id)
    .execute();
  await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
}
