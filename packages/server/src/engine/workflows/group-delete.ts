import { readJson } from "../../db/codecs.ts";
import { removeGroup } from "../../domain/apply-document.ts";
import { buryGroup } from "../../domain/group-deletion.ts";
import type { GroupView } from "../world/group-view.ts";
import { planForgetting } from "./forget-group.ts";
import { planStorageTakeDown } from "./take-down.ts";
import { fromHere, type Workflow } from "./workflow.ts";

/**
 * Takes away what group_create made; the row stays as a tombstone until the peer's receipt. When the peer is lost for
 * good, what is there becomes a duty, and the group goes with its members: they run on, unprotected. A site that was given
 * up and replaced forgets the group for itself alone.
 */
export const groupDelete: Workflow = {
  type: "group_delete",
  direction: (view, localSiteId) =>
    isGivenUp(view)
      ? { sourceSiteId: view.group.peer_site_id, targetSiteId: localSiteId }
      : fromHere(view, localSiteId),
  makesNothing: true,
  plan: (context) => {
    if (isGivenUp(context.view)) return planForgetting(context);
    const { peer_lost = false } = readJson(context.operation.parameters) as { readonly peer_lost?: boolean };
    return planStorageTakeDown(context, { isPeerLost: peer_lost });
  },
  end: async ({ trx, connection, view, localSiteId, now }, end) => {
    if (end === "completed" || end === "completed_with_errors") {
      for (const { id } of view.members) {
        await trx.deleteFrom("cg_volumes").where("member_id", "=", id).execute();
        await trx.deleteFrom("pg_members").where("id", "=", id).execute();
      }
      // Nobody would send a receipt for a tombstone.
      if (isGivenUp(view)) return removeGroup(trx, view.group.id);
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

function isGivenUp({ group }: GroupView): boolean {
  return group.given_up_at !== null;
}
