import { ProtectorError, type ServerDescription } from "@protector/contract";
import { readJson, writeJson } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { step } from "../plans/planned-step.ts";
import { captureServer } from "../world/capture.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import { recordSeeding } from "./group-status.ts";
import { recordVolumes } from "./member-volumes.ts";
import { fromHere, type PlanningContext, type Workflow, type WorkflowTransaction } from "./workflow.ts";

/** Input of the step that carries a captured description from the plan to the group's rows. */
interface CapturedInput {
  readonly description: ServerDescription;
}

/** Captures a server and puts its volumes into the array group. */
export const memberAdd: Workflow = {
  type: "member_add",
  direction: fromHere,
  plan: async (context) => {
    const { memberId, serverId } = memberOf(context);
    const captured = await captureServer(context.source, serverId);
    const steps = captured.description ? await planMemberAdd(context, memberId, captured.description) : [];
    return {
      steps,
      blockers: captured.refusals,
      warnings: captured.warnings,
      expectedDataLossSeconds: null,
      recoveryPoint: null,
    };
  },
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") await recordMember(context);
    else await forgetMember(context);
  },
};

function memberOf({ operation }: Pick<PlanningContext, "operation">): { memberId: string; serverId: string } {
  const { member_id, server_id } = readJson(operation.parameters) as { member_id?: string; server_id?: string };
  if (!member_id || !server_id)
    throw new ProtectorError("internal", `Operation ${operation.id} names no member to add.`);
  return { memberId: member_id, serverId: server_id };
}

async function planMemberAdd({ view, source }: PlanningContext, memberId: string, description: ServerDescription) {
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const before = (await source.array.findGroup(arrayGroup))?.members ?? [];
  const own = description.volumes.map((volume) => volume.array_volume);
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: view.group.epoch },
      settings: { isUndoable: true },
    }),
    step("storage", "observe", "storage.describe", "Ask both arrays who they are", "check", "source", {
      dependsOn: ["marker.take"],
    }),
    step("captured", "observe", "barrier", `Capture ${description.name}`, "check", "source", {
      memberId,
      input: { description } satisfies CapturedInput,
      dependsOn: ["marker.take"],
    }),
    step(
      "members",
      "ensure",
      "array_group.set_members",
      `Put the volumes of ${description.name} into the array group`,
      "prepare",
      "source",
      {
        memberId,
        input: { arrayGroup, before, volumes: [...new Set([...before, ...own])] },
        dependsOn: ["captured", "storage"],
        settings: { isUndoable: true },
      },
    ),
    step(
      "cinder_group",
      "ensure",
      "cinder_group.ensure",
      `Put the volumes of ${description.name} into the Cinder group`,
      "finish",
      "source",
      {
        memberId,
        input: {
          name: cinderGroupName(view.group.id),
          description: `Protection group ${view.group.name}`,
          volumeSteps: [],
          volumeIds: description.volumes.map((volume) => volume.volume_id),
        },
        dependsOn: ["members"],
        settings: { onFailure: "member" },
      },
    ),
    step("marker.release", "ensure", "marker.release", "Give the group back", "finish", "source", {
      dependsOn: ["members"],
      after: ["cinder_group"],
    }),
  ];
}

async function recordMember(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, steps, sourceSiteId, localSiteId, now } = context;
  const { memberId, serverId } = memberOf(context);
  const captured = steps.find((each) => each.key === "captured")?.input as CapturedInput;
  const isHome = view.group.home_site_id === sourceSiteId;
  await trx
    .updateTable("pg_members")
    .set({
      name: captured.description.name,
      status: "protected",
      ...(isHome ? { home_server_id: serverId } : { peer_server_id: serverId }),
      description: writeJson(captured.description),
      captured_at: connection.now(),
      error: null,
      updated_at: connection.now(),
    })
    .where("id", "=", memberId)
    .execute();
  await recordVolumes(context, [{ memberId, description: captured.description }]);
  await recordSeeding(context);
  await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
}

/** A server that could not be protected leaves no trace in the group. */
async function forgetMember(context: WorkflowTransaction): Promise<void> {
  const { memberId } = memberOf(context);
  await context.trx.deleteFrom("pg_members").where("id", "=", memberId).where("status", "=", "adding").execute();
}
