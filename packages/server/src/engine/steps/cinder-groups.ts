import { ProtectorError } from "@protector/contract";
import type { VolumeGroup } from "@protector/openstack";
import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { typesOfCinderGroup } from "./cinder-group-types.ts";
import { noteGone } from "./note-gone.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link ensureCinderGroup}. */
export interface EnsureCinderGroupInput {
  readonly name: string;
  readonly description: string;
  /** Steps whose outputs name volumes that belong in it. */
  readonly volumeSteps: readonly string[];
  /** Volumes that belong in it. */
  readonly volumeIds?: readonly string[];
}

/**
 * Mirrors the array group as a Cinder group, for people: it is never needed for a recovery. It is made with every
 * type that volumes of the group can be of, since types cannot be added later, and with the site's group type.
 */
export const ensureCinderGroup: StepHandler<EnsureCinderGroupInput, { readonly cinderGroupId: string }> = {
  run: async (context, input) => {
    const group = await ensureGroup(context, input);
    const addVolumes = volumesOf(context, input).filter((id) => !group.volumeIds.includes(id));
    if (addVolumes.length > 0) await addTo(context, group.id, addVolumes);
    return { cinderGroupId: group.id };
  },
  undo: async (context, input) => {
    const { volume } = await context.here.tenant();
    for (const group of await volume.listGroups({ name: input.name })) await emptyAndDelete(context, group);
  },
};

/** Volumes that belong in it, recovered ones as far as they are there. */
function volumesOf(context: StepContext, input: EnsureCinderGroupInput): readonly string[] {
  const recovered = input.volumeSteps.map((step) => context.outputIfAny<{ volumeId: string }>(step)?.volumeId);
  return [...(input.volumeIds ?? []), ...recovered.filter((id) => id !== undefined)];
}

/** Input of {@link removeFromCinderGroup}. */
export interface RemoveFromCinderGroupInput {
  readonly name: string;
  readonly volumeIds: readonly string[];
}

/** Takes volumes out of the Cinder group: before a delete or unmanage they must be. */
export const removeFromCinderGroup: StepHandler<RemoveFromCinderGroupInput> = {
  run: async (context, input) => {
    const { volume } = await context.here.tenant();
    for (const { id } of await volume.listGroups({ name: input.name })) {
      const group = await groupAtRest(context, id);
      const removeVolumes = input.volumeIds.filter((volumeId) => group?.volumeIds.includes(volumeId));
      if (removeVolumes.length > 0) await volume.updateGroup(id, { addVolumes: [], removeVolumes });
    }
  },
};

/** Deletes the Cinder group; its volumes stay. */
export const deleteCinderGroup: StepHandler<{ readonly name: string }> = {
  run: async (context, input) => {
    const { volume } = await context.here.tenant();
    for (const group of await volume.listGroups({ name: input.name })) await emptyAndDelete(context, group);
  },
};

/**
 * ms after which a group that is still being created never will be: Cinder's services hand requests on through their
 * broker, and one that restarts meanwhile loses them.
 */
const LOST_AFTER_MS = 90_000;

async function ensureGroup(context: StepContext, input: EnsureCinderGroupInput): Promise<VolumeGroup> {
  const { volume } = await context.here.tenant();
  const found = await settledAbsence(context, () => volume.listGroups({ name: input.name }));
  const known = found.find(({ status }) => status !== "creating") ?? found.at(-1);
  const first = await awaitGroup(context, input, known ?? (await recordGroup(context, input)));
  if (first) return first;
  const second = await awaitGroup(context, input, await recordGroup(context, input));
  if (second) return second;
  throw new ProtectorError(
    "cloud.volume_error",
    `Cinder at ${context.here.siteName} has twice begun to create group ${input.name} and not gone on for ${LOST_AFTER_MS / 1000} s: check cinder-scheduler, cinder-volume and their broker there.`,
  );
}

/** @returns undefined when Cinder has lost the request that created it. */
async function awaitGroup(
  context: StepContext,
  { name }: EnsureCinderGroupInput,
  { id }: VolumeGroup,
): Promise<VolumeGroup | undefined> {
  const { volume } = await context.here.tenant();
  const beganAt = context.clock.now();
  const settled = await context.until(`Cinder group ${name} to be available`, async () => {
    const now = await volume.findGroup(id);
    if (now?.status === "error") {
      throw new ProtectorError("cloud.volume_error", `Cinder group ${name} (${id}) went to error.`);
    }
    if (now?.status === "creating" && context.clock.now() - beganAt > LOST_AFTER_MS) return "lost";
    return now?.status === "available" ? now : undefined;
  });
  if (settled === "lost") return undefined;
  await context.ledger.present(ledgerEntry(context, name), id);
  return settled;
}

async function recordGroup(context: StepContext, input: EnsureCinderGroupInput): Promise<VolumeGroup> {
  const entry = ledgerEntry(context, input.name);
  await context.ledger.intend(entry);
  const group = await createGroup(context, input);
  await context.ledger.present(entry, group.id);
  return group;
}

function ledgerEntry({ here }: StepContext, name: string) {
  return { kind: "cinder_group", siteId: here.siteId, projectId: here.projectId, name } as const;
}

async function createGroup(context: StepContext, input: EnsureCinderGroupInput): Promise<VolumeGroup> {
  const { admin } = context.here;
  const tenant = await context.here.tenant();
  const types = await typesOfCinderGroup(context.here, volumesOf(context, input));
  const groupTypes = await admin.volume.listGroupTypes();
  const groupType = groupTypes.find((type) => type.name === context.here.groupTypeName);
  if (!groupType) {
    throw new ProtectorError(
      "site.not_validated",
      `Group type ${context.here.groupTypeName} is missing at ${context.here.siteName}.`,
    );
  }
  return tenant.volume.createGroup({
    name: input.name,
    description: input.description,
    groupTypeId: groupType.id,
    volumeTypeIds: types.map((type) => type.id),
  });
}

/** A failed update leaves volumes in `error` in Cinder, running ones too: their status is put right. */
async function addTo(context: StepContext, groupId: string, volumeIds: readonly string[]): Promise<void> {
  const { volume } = await context.here.tenant();
  await volume.updateGroup(groupId, { addVolumes: volumeIds, removeVolumes: [] });
  const group = await context.until(`Cinder group ${groupId} to be updated`, async () => {
    const now = await volume.findGroup(groupId);
    return now && now.status !== "updating" ? now : undefined;
  });
  if (group.status !== "error") return;
  for (const id of volumeIds) {
    const now = await context.here.admin.volume.findVolume(id);
    if (now?.status === "error") {
      await context.here.admin.volume.resetStatus(id, now.attachments.length > 0 ? "in-use" : "available");
    }
  }
  throw new ProtectorError(
    "cloud.volume_error",
    `Cinder could not add volumes to group ${groupId}; their status was put right.`,
  );
}

/** Cinder refuses every change of a group that it is still working on. @returns undefined when the group is gone. */
async function groupAtRest(context: StepContext, id: string): Promise<VolumeGroup | undefined> {
  const { volume } = await context.here.tenant();
  const found = await context.until(`Cinder group ${id} to be at rest`, async () => {
    const group = await volume.findGroup(id);
    if (!group) return "gone";
    return group.status === "available" || group.status === "error" ? group : undefined;
  });
  return found === "gone" ? undefined : found;
}

async function emptyAndDelete(context: StepContext, { id }: Pick<VolumeGroup, "id">): Promise<void> {
  const { volume } = await context.here.tenant();
  const group = await groupAtRest(context, id);
  if (!group) return;
  if (group.volumeIds.length > 0) {
    await volume.updateGroup(group.id, { addVolumes: [], removeVolumes: group.volumeIds });
    await context.until(`Cinder group ${group.name} to be empty`, async () => {
      const now = await volume.findGroup(group.id);
      return !now || now.volumeIds.length === 0 ? true : undefined;
    });
  }
  await ignoreGone(volume.deleteGroup(group.id));
  await context.until(`Cinder group ${group.name} to be deleted`, async () =>
    (await volume.findGroup(group.id)) ? undefined : true,
  );
  await noteGone(context, context.here.siteId, { kind: "cinder_group", names: [group.name] });
}
