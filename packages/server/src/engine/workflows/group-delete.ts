import { readJson } from "../../db/codecs.ts";
import { buryGroup } from "../../domain/group-deletion.ts";
import { step } from "../plans/planned-step.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import { fromHere, type PlanningContext, type Workflow } from "./workflow.ts";

/**
 * Takes away what group_create made; the row stays as a tombstone until the peer's receipt. When the peer is lost for
 * good, what is there becomes a duty, and the group goes with its members: they run on, unprotected.
 */
export const groupDelete: Workflow = {
  type: "group_delete",
  direction: fromHere,
  plan: async (context) => {
    const steps = planGroupDelete(context);
    return {
      steps,
      blockers: [],
      warnings: [],
      expectedDataLossSeconds: null,
      recoveryPoint: null,
    };
  },
  end: async ({ trx, connection, view, localSiteId, now }, end) => {
    if (end === "completed" || end === "completed_with_errors") {
      for (const { id } of view.members) {
        await trx.deleteFrom("cg_volumes").where("member_id", "=", id).execute();
        await trx.deleteFrom("pg_members").where("id", "=", id).execute();
      }
      await buryGroup(trx, { groupId: view.group.id, localSiteId, now });
      return;
    }
    await trx
      .updateTable("protection_groups")
      .set({ status: "error", updated_at: connection.now() })
      .where("id", "=", view.group.id)
      .execute();
  },
};

function planGroupDelete({ view, source, target, operation }: PlanningContext) {
  const { peer_lost: isPeerLost = false } = readJson(operation.parameters) as { readonly peer_lost?: boolean };
  const arrayGroup = arrayGroupAt(view, source.siteId);
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: view.group.epoch },
      settings: { isUndoable: true },
    }),
    step(
      "cinder_group.source",
      "ensure",
      "cinder_group.delete",
      `Delete the Cinder group at ${source.siteName}`,
      "finish",
      "source",
      {
        input: { name: cinderGroupName(view.group.id) },
        dependsOn: ["marker.take"],
        settings: { onFailure: "member" },
      },
    ),
    step("array_group", "ensure", "array_group.destroy", `Destroy array group ${arrayGroup}`, "finish", "source", {
      input: { arrayGroup },
      after: ["cinder_group.source"],
      dependsOn: ["marker.take"],
    }),
    step("marker.target", "ensure", "marker.destroy", `Destroy the marker at ${target.siteName}`, "finish", "target", {
      dependsOn: ["array_group"],
      ...(isPeerLost ? { settings: { onFailure: "duty", timeoutMs: 60_000 } } : {}),
    }),
    step("marker.source", "ensure", "marker.destroy", `Destroy the marker at ${source.siteName}`, "finish", "source", {
      ...(isPeerLost ? { dependsOn: ["array_group"], after: ["marker.target"] } : { dependsOn: ["marker.target"] }),
    }),
  ];
}
