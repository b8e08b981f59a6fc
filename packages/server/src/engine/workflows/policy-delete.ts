import { writeTime } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { removePolicy } from "../../domain/policy-removal.ts";
import { planStorageTakeDown } from "./take-down.ts";
import { fromHere, type Workflow, type WorkflowTransaction } from "./workflow.ts";

/** Takes a group without members back to where it was before it had a policy; name, mappings and hooks stay. */
export const policyDelete: Workflow = {
  type: "policy_delete",
  direction: fromHere,
  makesNothing: true,
  plan: (context) => planStorageTakeDown(context, { isPeerLost: false }),
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") {
      const { trx, view, localSiteId, now } = context;
      await removePolicy(trx, view.group.id, writeTime(now));
      await settle(context, { status: "creating", protection_reason: "no replication policy" });
      await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
    } else if (hasBegun(context)) {
      const protection_reason = "replication is half deleted: repeat the deletion of the policy, or delete the group";
      await settle(context, { status: "error", protection_reason });
    }
  },
};

async function settle(
  { trx, connection, view }: WorkflowTransaction,
  state: { readonly status: "creating" | "error"; readonly protection_reason: string },
): Promise<void> {
  await trx
    .updateTable("protection_groups")
    .set({ ...state, protection: "unprotected", updated_at: connection.now() })
    .where("id", "=", view.group.id)
    .execute();
}

/** Whether something may have been deleted: that the marker was taken is taken back. */
function hasBegun({ steps }: WorkflowTransaction): boolean {
  return steps.some(({ settings, status }) => !settings.isUndoable && status !== "pending" && status !== "skipped");
}
