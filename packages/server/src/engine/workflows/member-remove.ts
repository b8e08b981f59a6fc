import { ProtectorError } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { step } from "../plans/planned-step.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import { fromHere, type PlanningContext, type Workflow } from "./workflow.ts";

/** Takes a server out of its group: it runs on, its volumes are no longer replicated by the group. */
export const memberRemove: Workflow = {
  type: "member_remove",
  direction: fromHere,
  plan: async (context) => {
    const steps = await planMemberRemove(context);
    return {
      steps,
      blockers: [],
      warnings: [],
      expectedDataLossSeconds: null,
      recoveryPoint: null,
    };
  },
  end: async ({ trx, connection, operation, view, localSiteId, sourceSiteId, now }, end) => {
    const memberId = memberOf(operation.parameters);
    if (end === "completed" || end === "completed_with_errors") {
      await trx.deleteFrom("cg_volumes").where("member_id", "=", memberId).execute();
      await trx.deleteFrom("pg_members").where("id", "=", memberId).execute();
      await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
      return;
    }
    await trx
      .updateTable("pg_members")
      .set({
        status: view.group.home_site_id === sourceSiteId ? "protected" : "failed_over",
        updated_at: connection.now(),
      })
      .where("id", "=", memberId)
      .execute();
  },
};

function memberOf(parameters: string): string {
  const { member_id } = readJson(parameters) as { member_id?: string };
  if (!member_id) throw new ProtectorError("internal", "The operation names no member to remove.");
  return member_id;
}

async function planMemberRemove({ view, source, operation }: PlanningContext) {
  const memberId = memberOf(operation.parameters);
  const member = view.members.find((each) => each.id === memberId);
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const before = (await source.array.findGroup(arrayGroup))?.members ?? [];
  const own = new Set(member?.description?.volumes.map((volume) => volume.array_volume.toLowerCase()));
  const name = member?.name ?? memberId;
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: view.group.epoch },
      settings: { isUndoable: true },
    }),
    step(
      "cinder_group",
      "ensure",
      "cinder_group.remove",
      `Take the volumes of ${name} out of the Cinder group`,
      "prepare",
      "source",
      {
        memberId,
        input: {
          name: cinderGroupName(view.group.id),
          volumeIds: member?.description?.volumes.map((volume) => volume.volume_id) ?? [],
        },
        dependsOn: ["marker.take"],
        settings: { onFailure: "member" },
      },
    ),
    step(
      "members",
      "ensure",
      "array_group.set_members",
      `Take the volumes of ${name} out of the array group`,
      "prepare",
      "source",
      {
        memberId,
        input: { arrayGroup, before, volumes: before.filter((volume) => !own.has(volume.toLowerCase())) },
        after: ["cinder_group"],
        dependsOn: ["marker.take"],
        settings: { isUndoable: true },
      },
    ),
    step("marker.release", "ensure", "marker.release", "Give the group back", "finish", "source", {
      dependsOn: ["members"],
    }),
  ];
}
