import { readJson } from "../../db/codecs.ts";
import { buryGroup } from "../../domain/group-deletion.ts";
import { planStorageTakeDown } from "./take-down.ts";
import { fromHere, type Workflow } from "./workflow.ts";

/**
 * Takes away what group_create made; the row stays as a tombstone until the peer's receipt. When the peer is lost for
 * good, what is there becomes a duty, and the group goes with its members: they run on, unprotected.
 */
export const groupDelete: Workflow = {
  type: "group_delete",
  direction: fromHere,
  makesNothing: true,
  plan: (context) => {
    const { peer_lost = false } = readJson(context.operation.parameters) as { readonly peer_lost?: boolean };
    return planStorageTakeDown(context, { isPeerLost: peer_lost });
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
