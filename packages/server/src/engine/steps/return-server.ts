import { ProtectorError, type ServerDescription } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { captureServer } from "../world/capture.ts";
import { isProtectorsLock, isShelved, requireServer, type ServerInput } from "./servers.ts";

/** Input of {@link unshelveServer}. */
export interface UnshelveInput extends ServerInput {
  readonly delaySeconds: number;
}

/** Brings a shelved server up on the volumes, ports and addresses that it has kept. */
export const unshelveServer: StepHandler<UnshelveInput, { readonly serverId: string }> = {
  run: async (context, input) => {
    const { serverId, name } = input;
    const server = await requireServer(context, input);
    if (isShelved(server) && server.taskState === null) {
      if (input.delaySeconds > 0 && context.attempt === 1)
        await context.clock.sleep(input.delaySeconds * 1000, context.signal);
      await context.here.admin.compute.unshelveServer(serverId);
    }
    await context.until(`${name} to be unshelved`, async () =>
      isShelved(await requireServer(context, input)) ? undefined : true,
    );
    return { serverId };
  },
};

/** Input of {@link unlockServer}. */
export interface UnlockInput extends ServerInput {
  readonly wasLocked: boolean;
  readonly lockedReason: string | null;
}

/** Takes Protector's lock off a server that is home, and puts its owner's lock back. */
export const unlockServer: StepHandler<UnlockInput> = {
  run: async (context, input) => {
    const { here } = context;
    if (isProtectorsLock(await requireServer(context, input))) await here.admin.compute.unlockServer(input.serverId);
    if (!input.wasLocked || (await requireServer(context, input)).isLocked) return;
    const { compute } = here.isOwn ? await here.tenant() : here.admin;
    await compute.lockServer(input.serverId, input.lockedReason ?? "");
  },
};

/** Input of {@link attachVolume}. */
export interface AttachVolumeInput extends ServerInput {
  /** Step whose output names the volume. */
  readonly volumeStep: string;
  readonly deleteOnTermination: boolean;
}

/** Attaches a volume to a server that waits shelved. */
export const attachVolume: StepHandler<AttachVolumeInput> = {
  run: async (context, input) => {
    const { volumeId } = context.output<{ volumeId: string }>(input.volumeStep);
    const { compute } = context.here.admin;
    const isAttached = async () => (await requireServer(context, input)).volumeIds.includes(volumeId);
    if (!(await isAttached())) {
      const { serverId, deleteOnTermination } = input;
      await compute.attachVolume(serverId, { volumeId, deleteOnTermination });
    }
    await context.until(`volume ${volumeId} to be attached to ${input.name}`, async () =>
      (await isAttached()) ? true : undefined,
    );
  },
  undo: async (context, input) => {
    const volume = context.outputIfAny<{ volumeId: string }>(input.volumeStep);
    if (volume) await detach(context, input, volume.volumeId);
  },
};

/** Input of {@link detachVolume}. */
export interface DetachVolumeInput extends ServerInput {
  readonly volumeId: string;
  /** What its owner had chosen: the way back. */
  readonly deleteOnTermination: boolean;
}

/** Detaches a volume from a server that waits shelved; the volume stays. */
export const detachVolume: StepHandler<DetachVolumeInput> = {
  run: (context, input) => detach(context, input, input.volumeId),
  undo: async (context, input) => {
    const { serverId, volumeId, deleteOnTermination } = input;
    const { compute } = context.here.admin;
    const attached = await findAttachment(context, input, volumeId);
    if (!attached) await compute.attachVolume(serverId, { volumeId, deleteOnTermination });
    else if (attached.deleteOnTermination !== deleteOnTermination)
      await compute.setDeleteOnTermination(serverId, volumeId, deleteOnTermination);
  },
};

async function findAttachment({ here }: StepContext, { serverId }: ServerInput, volumeId: string) {
  const attachments = await here.admin.compute.listVolumeAttachments(serverId);
  return attachments.find((each) => each.volumeId === volumeId);
}

async function detach(context: StepContext, input: ServerInput, volumeId: string): Promise<void> {
  const isAttached = async () => (await requireServer(context, input)).volumeIds.includes(volumeId);
  if (!(await isAttached())) return;
  const { compute } = context.here.admin;
  // Of a shelved server Nova deletes what it detaches when it would be deleted with the server.
  if ((await findAttachment(context, input, volumeId))?.deleteOnTermination)
    await compute.setDeleteOnTermination(input.serverId, volumeId, false);
  try {
    await compute.detachVolume(input.serverId, volumeId);
  } catch (error) {
    // Nova refuses to detach what it is detaching.
    const isUnderWay = (await context.here.reads.volume(volumeId))?.status === "detaching";
    if (!(error instanceof OutsideError && error.failure.status === 400 && isUnderWay)) throw error;
  }
  await context.until(`volume ${volumeId} to be detached from ${input.name}`, async () =>
    (await isAttached()) ? undefined : true,
  );
}

/** Input of {@link captureHome}. */
export interface CaptureHomeInput {
  readonly name: string;
  /** Step whose output names the server. */
  readonly serverStep: string;
}

/** Captures a server anew where it has come home to: the next recovery is planned from that. */
export const captureHome: StepHandler<CaptureHomeInput, { readonly description: ServerDescription }> = {
  run: async (context, { name, serverStep }) => {
    const { serverId } = context.output<{ serverId: string }>(serverStep);
    const { description } = await captureServer(context.here, serverId);
    if (description) return { description };
    throw new ProtectorError("member.server_not_found", `Server ${name} (${serverId}) is gone again.`);
  },
};

/** Input of {@link reusePort}. */
export interface ReusePortInput {
  readonly portId: string;
  readonly serverName: string;
  /** Id of a server at rest that it is taken from. */
  readonly takenFrom?: string;
}

/** A port that outlived its server at home, or is taken from it, is plugged again: same id, MAC and addresses. */
export const reusePort: StepHandler<
  ReusePortInput,
  { readonly portId: string; readonly addresses: readonly string[] }
> = {
  run: async ({ here }, { portId, serverName, takenFrom }) => {
    const { network } = here.admin;
    const port = await network.findPort(portId);
    if (!port) {
      throw new ProtectorError("address.taken", `Port ${portId} of ${serverName} has gone from ${here.siteName}.`);
    }
    if (takenFrom !== undefined && port.deviceId === takenFrom)
      await network.updatePort(portId, { device: { id: "", owner: "" } });
    return { portId, addresses: port.fixedIps.map((ip) => ip.address) };
  },
  undo: async ({ here }, { portId, takenFrom }) => {
    const { network } = here.admin;
    const port = await network.findPort(portId);
    if (takenFrom === undefined || port?.deviceId !== "") return;
    await network.updatePort(portId, { device: { id: takenFrom, owner: "compute:nova" } });
  },
};
