import { canonicalJson, ProtectorError, type ServerDescription } from "@protector/contract";
import { readJson, writeJson } from "../../db/codecs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { descriptionChanges } from "../plans/description-changes.ts";
import { step } from "../plans/planned-step.ts";
import { captureServer } from "../world/capture.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import { serverAt } from "../world/group-view.ts";
import { recordSeeding } from "./group-status.ts";
import { recordVolumes } from "./member-volumes.ts";
import { fromHere, type PlanningContext, type Workflow, type WorkflowTransaction } from "./workflow.ts";

/** A member whose server is no longer as it was captured; input of the step that carries it to the group's rows. */
interface ChangedMember {
  readonly memberId: string;
  readonly before: ServerDescription;
  readonly description: ServerDescription;
}

const CAPTURED = "captured.";

/**
 * Takes the present state of servers into their descriptions: new volumes into the array group and the Cinder group,
 * detached ones out of them. When nothing has changed, it does nothing.
 */
export const memberUpdate: Workflow = {
  type: "member_update",
  direction: fromHere,
  plan: async (context) => {
    const captured = await captureMembers(context);
    const changed = captured.flatMap(({ change }) => change ?? []);
    return {
      steps: changed.length === 0 ? [] : await planUpdate(context, changed),
      blockers: captured.flatMap(({ refusals }) => refusals),
      warnings: changed.flatMap(({ before, description }) => descriptionChanges(before, description)),
      expectedDataLossSeconds: null,
      recoveryPoint: null,
    };
  },
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") await recordChanges(context);
  },
};

/** @throws ProtectorError `member.not_found` */
async function captureMembers({ operation, view, source }: PlanningContext) {
  const { member_ids } = readJson(operation.parameters) as { member_ids?: readonly string[] };
  const unknown = member_ids?.find((id) => !view.members.some((member) => member.id === id));
  if (unknown) throw new ProtectorError("member.not_found", `The group has no member ${unknown}.`);
  const members = view.members.filter(({ id }) => member_ids === undefined || member_ids.includes(id));
  return Promise.all(
    members.map(async (member) => {
      const serverId = serverAt(view, member, source.siteId);
      if (serverId === null || !member.description) return { refusals: [], change: undefined };
      const { description, refusals } = await captureServer(source, serverId);
      const isSame = !description || canonicalJson(description) === canonicalJson(member.description);
      const change: ChangedMember | undefined = isSame
        ? undefined
        : { memberId: member.id, before: member.description, description };
      return { refusals, change };
    }),
  );
}

async function planUpdate({ view, source }: PlanningContext, changed: readonly ChangedMember[]) {
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const before = (await source.array.findGroup(arrayGroup))?.members ?? [];
  const name = cinderGroupName(view.group.id);
  const { attached, detached } = volumesOf(changed);
  const old = new Set(changed.flatMap((each) => each.before.volumes.map(arrayNameIn)));
  const kept = before.filter((name) => !old.has(name.toLowerCase()));
  const volumes = changed.flatMap(({ description }) => description.volumes.map((volume) => volume.array_volume));
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: view.group.epoch },
      settings: { isUndoable: true },
    }),
    step("storage", "observe", "storage.describe", "Ask both arrays who they are", "check", "source", {
      dependsOn: ["marker.take"],
    }),
    ...changed.map((change) =>
      step(
        `${CAPTURED}${change.memberId}`,
        "observe",
        "barrier",
        `Capture ${change.description.name}`,
        "check",
        "source",
        { memberId: change.memberId, input: change, dependsOn: ["marker.take"] },
      ),
    ),
    ...(detached.length === 0 ? [] : [leaveCinderGroup(source.siteName, { name, volumeIds: detached })]),
    step(
      "members",
      "ensure",
      "array_group.set_members",
      "Make the volumes of the array group those of the servers",
      "prepare",
      "source",
      {
        input: { arrayGroup, before, volumes: [...new Set([...kept, ...volumes])] },
        dependsOn: ["storage", ...changed.map(({ memberId }) => `${CAPTURED}${memberId}`)],
        after: detached.length === 0 ? [] : ["cinder_group.remove"],
        settings: { isUndoable: true },
      },
    ),
    ...(attached.length === 0 ? [] : [joinCinderGroup(view.group.name, { name, volumeIds: attached })]),
    step("marker.release", "ensure", "marker.release", "Give the group back", "finish", "source", {
      dependsOn: ["members"],
      after: attached.length === 0 ? [] : ["cinder_group"],
    }),
  ];
}

interface CinderChange {
  readonly name: string;
  readonly volumeIds: readonly string[];
}

function leaveCinderGroup(siteName: string, { name, volumeIds }: CinderChange) {
  const title = `Take ${counted(volumeIds)} out of the Cinder group at ${siteName}`;
  return step("cinder_group.remove", "ensure", "cinder_group.remove", title, "prepare", "source", {
    input: { name, volumeIds },
    dependsOn: ["storage"],
    settings: { onFailure: "member" },
  });
}

function joinCinderGroup(groupName: string, { name, volumeIds }: CinderChange) {
  const title = `Put ${counted(volumeIds)} into the Cinder group`;
  const description = `Protection group ${groupName}`;
  return step("cinder_group", "ensure", "cinder_group.ensure", title, "finish", "source", {
    input: { name, description, volumeSteps: [], volumeIds },
    dependsOn: ["members"],
    settings: { onFailure: "member" },
  });
}

function counted(volumes: readonly string[]): string {
  return volumes.length === 1 ? "1 volume" : `${volumes.length} volumes`;
}

function arrayNameIn({ array_volume }: { readonly array_volume: string }): string {
  return array_volume.toLowerCase();
}

/** Ids of the volumes in Cinder that have come, and that have gone. */
function volumesOf(changed: readonly ChangedMember[]) {
  const idsOf = (descriptions: readonly ServerDescription[]) =>
    new Set(descriptions.flatMap(({ volumes }) => volumes.map(({ volume_id }) => volume_id)));
  const then = idsOf(changed.map(({ before }) => before));
  const now = idsOf(changed.map(({ description }) => description));
  return {
    attached: [...now].filter((id) => !then.has(id)),
    detached: [...then].filter((id) => !now.has(id)),
  };
}

async function recordChanges(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, steps, localSiteId, now } = context;
  const changed = steps.flatMap(({ key, input }) => (key.startsWith(CAPTURED) ? [input as ChangedMember] : []));
  if (changed.length === 0) return;
  for (const { memberId, description } of changed) {
    await trx
      .updateTable("pg_members")
      .set({
        name: description.name,
        description: writeJson(description),
        captured_at: connection.now(),
        updated_at: connection.now(),
      })
      .where("id", "=", memberId)
      .execute();
  }
  await recordVolumes(context, changed);
  if (volumesOf(changed).attached.length > 0) {
    await recordSeeding(context);
  }
  await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
}
