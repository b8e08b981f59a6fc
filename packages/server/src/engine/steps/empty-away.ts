import { ProtectorError } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { type StepContext, type StepHandler, StepTimeout } from "../runner/step-handler.ts";
import { forgetReplica } from "./array-groups.ts";
import { noteGone } from "./note-gone.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link deleteAway}. */
export interface DeleteAwayInput {
  readonly kind: "server" | "port" | "floating_ip" | "server_group";
  readonly id: string;
  readonly label: string;
  /** Of a server: ids of the only volumes that may go with it, whatever it says of others; default: as it says. */
  readonly mayGo?: readonly string[];
}

/** Deletes something at the site that the servers have left for good, and sees it gone. */
export const deleteAway: StepHandler<DeleteAwayInput> = {
  run: async (context, { kind, id, label, mayGo }) => {
    const { admin, reads, siteName } = context.here;
    let isAsked = false;
    await context.until(`${label} to be gone from ${siteName}`, async () => {
      switch (kind) {
        case "server":
          if (!(await reads.server(id))) return true;
          if (!isAsked) await ignoreGone(deleteServer(admin, id, mayGo));
          isAsked = true;
          return undefined;
        case "port":
          if (!(await admin.network.findPort(id))) return true;
          await ignoreGone(admin.network.deletePort(id));
          return undefined;
        case "floating_ip":
          await ignoreGone(admin.network.deleteFloatingIp(id));
          return true;
        case "server_group": {
          const group = await admin.compute.findServerGroup(id);
          if (!group) return true;
          if (group.memberIds.length === 0) await ignoreGone(admin.compute.deleteServerGroup(id));
          return undefined;
        }
      }
    });
    await noteGone(context, context.here.siteId, { kind, names: [id] });
  },
};

/** Nova deletes volumes with a server that was made so, unless it is told otherwise before. */
async function deleteServer({ compute }: Cloud, id: string, mayGo: DeleteAwayInput["mayGo"]): Promise<void> {
  const attached = mayGo === undefined ? [] : await compute.listVolumeAttachments(id);
  for (const { volumeId, deleteOnTermination } of attached)
    if (deleteOnTermination && !mayGo?.includes(volumeId)) await compute.setDeleteOnTermination(id, volumeId, false);
  await compute.deleteServer(id);
}

/** Input of {@link deleteAwayGroup}. */
export interface DeleteAwayGroupInput {
  readonly groupId: string;
}

/** Takes the volumes out of the Cinder group that mirrored the array group there, and deletes it. */
export const deleteAwayGroup: StepHandler<DeleteAwayGroupInput> = {
  run: async (context, { groupId }) => {
    const { volume } = context.here.admin;
    await context.until(`Cinder group ${groupId} at ${context.here.siteName} to be deleted`, async () => {
      const group = await volume.findGroup(groupId);
      if (!group) return true;
      if (group.status !== "available" && group.status !== "error") return undefined;
      if (group.volumeIds.length > 0) {
        await volume.updateGroup(groupId, { addVolumes: [], removeVolumes: group.volumeIds });
      } else await ignoreGone(volume.deleteGroup(groupId));
      return undefined;
    });
    await noteGone(context, context.here.siteId, { kind: "cinder_group", names: [groupId] });
  },
};

/** Input of {@link removeAwayVolume}. */
export interface RemoveAwayVolumeInput {
  readonly title: string;
  readonly volumeId: string;
  readonly arrayVolume: string;
  /** Id on the array: what has another one is somebody else's. */
  readonly arrayId: string | null;
  /** Name under which the array keeps it, since what it holds is nowhere else; null: it is destroyed. */
  readonly keptName: string | null;
  /** Names of its kept snapshots; with a kept volume they get its name. */
  readonly keptSnapshots: readonly string[];
}

/** Name that Cinder's driver gives a volume which it gives back. */
const UNMANAGED = "-unmanaged";

/**
 * Takes a volume away where its server is gone for good: Cinder forgets it, then the array destroys it, recoverable for the
 * array's eradication delay, or keeps it under a name of Protector's.
 */
export const removeAwayVolume: StepHandler<RemoveAwayVolumeInput> = {
  run: async (context, input) => {
    const { siteName, array } = context.here;
    try {
      await context.until(`Cinder at ${siteName} to forget ${input.title}`, () => forget(context, input));
    } catch (error) {
      if (!(error instanceof StepTimeout)) throw error;
      const now = await context.here.reads.volume(input.volumeId);
      throw new ProtectorError(
        "cloud.volume_error",
        `Cinder at ${siteName} does not give up ${input.title} (${input.volumeId}): it is ${now?.status ?? "gone"}. Delete its snapshots and attachments there.`,
      );
    }
    const { arrayId, arrayVolume, keptName, keptSnapshots } = input;
    await noteGone(context, context.here.siteId, { kind: "volume", names: [input.volumeId] });
    if (arrayId === null) return;
    const names = [arrayVolume, `${arrayVolume}${UNMANAGED}`];
    if (keptName !== null) await keepVolume(context, { names, arrayId, keptName, keptSnapshots });
    else for (const name of names) await array.destroyVolume(name, arrayId);
  },
};

/** Gives an array volume that Cinder has forgotten a name of Protector's, by which it is listed. */
async function keepVolume(
  context: StepContext,
  kept: Pick<RemoveAwayVolumeInput, "keptSnapshots"> & {
    readonly names: readonly string[];
    readonly arrayId: string;
    readonly keptName: string;
  },
): Promise<void> {
  const { here, ledger } = context;
  const entry = { kind: "kept_volume", siteId: here.siteId, projectId: null, name: kept.keptName } as const;
  await ledger.intend(entry);
  const ours = (await here.array.findVolumes([...kept.names, kept.keptName])).find(({ id }) => id === kept.arrayId);
  // Somebody else has destroyed it: nothing is kept.
  if (!ours) return ledger.removed(entry);
  if (ours.name !== kept.keptName) await here.array.renameVolume(ours.name, kept.keptName);
  await ledger.present(entry, kept.keptName);
  for (const snapshot of kept.keptSnapshots) {
    const name = `${kept.keptName}${snapshot.slice(snapshot.lastIndexOf("."))}`;
    await ledger.present({ ...entry, kind: "volume_snapshot", name }, name);
  }
  await noteGone(context, here.siteId, { kind: "volume_snapshot", names: kept.keptSnapshots });
}

async function forget({ here }: StepContext, { volumeId }: RemoveAwayVolumeInput): Promise<true | undefined> {
  const volume = await here.reads.volume(volumeId);
  if (!volume) return true;
  const canGo = volume.attachments.length === 0 && volume.groupId === null && volume.status === "available";
  if (!canGo) return undefined;
  try {
    await ignoreGone(here.admin.volume.unmanageVolume(volumeId));
  } catch (error) {
    // One that has snapshots, or that another call has just taken in hand: looked at again until the time is over.
    if (!(error instanceof OutsideError && error.failure.status === 400)) throw error;
  }
  return undefined;
}

/** Ends replication from the site that was left: its array group, and what of it has arrived at home. */
export const endAwayReplication: StepHandler<{ readonly arrayGroup: string }> = {
  run: async (context, { arrayGroup }) => {
    const { array, siteId } = context.source;
    const local = { group: arrayGroup, array: undefined };
    const points = (await array.listRecoveryPoints(local)).map(({ suffix }) => suffix);
    // Those of operations and people come back with a group that is needed the next time, and no schedule ends them.
    for (const suffix of points.filter((each) => !/^\d+$/.test(each))) await array.destroyRecoveryPoint(local, suffix);
    // Emptied first: a destroyed group keeps its members, and has them again when it is needed the next time.
    if (await array.findGroup(arrayGroup)) await array.setMembers(arrayGroup, []);
    await array.destroyGroup(arrayGroup);
    await noteGone(context, siteId, { kind: "array_group", names: [arrayGroup] });
    await noteGone(context, siteId, { kind: "recovery_point", names: points });
    await forgetReplica.run(context, { arrayGroup });
  },
};
