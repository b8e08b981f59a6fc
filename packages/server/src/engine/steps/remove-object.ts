import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { LedgerKind } from "../runner/ledger.ts";
import { type StepContext, type StepHandler, StepTimeout } from "../runner/step-handler.ts";
import { forgetStandIn } from "../world/stand-ins.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link removeObject}: a row of a test's ledger. */
export interface RemoveObjectInput {
  readonly kind: LedgerKind;
  /** Name by which ours is found. */
  readonly name: string;
  /** Null: it was about to be made; nobody knows whether it was. */
  readonly externalId: string | null;
  /** Of a recovery point: the array group that it was cut of. */
  readonly arrayGroup?: string;
  /** What the volume is called on the array, when it is one that is known. */
  readonly arrayId?: string;
}

/**
 * Deletes one object of a test and sees it gone. What carries only a name is left to the look that follows, which finds it
 * by that.
 * @throws ProtectorError `test.left_behind` when it does not go.
 */
export const removeObject: StepHandler<RemoveObjectInput> = {
  run: async (context, input) => {
    const look = lookFor(context, input);
    if (!look) return;
    try {
      await context.until(`${input.kind} ${input.name} to be gone`, look);
    } catch (error) {
      if (error instanceof StepTimeout) throw leftBehind(context, input, "it is still there");
      const isRefused = error instanceof OutsideError && error.failure.failureClass === "final";
      if (isRefused) throw leftBehind(context, input, error.failure.detail);
      throw error;
    }
  },
};

function leftBehind(context: StepContext, { kind, name, externalId }: RemoveObjectInput, why: string): ProtectorError {
  const named = `${kind.replaceAll("_", " ")} ${name}${externalId ? ` (${externalId})` : ""}`;
  return new ProtectorError("test.left_behind", `${named} at ${context.here.siteName}: ${why}`);
}

/** Asks for the deletion as often as it is needed; answers true when the object is gone. */
function lookFor(context: StepContext, input: RemoveObjectInput): (() => Promise<true | undefined>) | undefined {
  const { kind, name, externalId: id } = input;
  const { admin, array } = context.here;
  if (kind === "array_volume") {
    return async () => {
      const found = await array.findVolume(name);
      if (!found) return true;
      await array.destroyVolume(found.name, found.id);
      return undefined;
    };
  }
  if (kind === "recovery_point") {
    const { arrayGroup } = input;
    return arrayGroup === undefined ? undefined : () => pointGone(context, arrayGroup, name);
  }
  if (id === null) return undefined;
  switch (kind) {
    case "server":
      return gone(
        () => context.here.reads.server(id),
        () => admin.compute.deleteServer(id),
      );
    case "volume":
      return () => volumeGone(context, id);
    case "port":
      return gone(
        () => admin.network.findPort(id),
        () => admin.network.deletePort(id),
      );
    case "network":
      return gone(
        () => admin.network.findNetwork(id),
        () => admin.network.deleteNetwork(id),
      );
    case "floating_ip":
      return once(() => admin.network.deleteFloatingIp(id));
    case "server_group":
      return once(async () => (await context.here.tenant()).compute.deleteServerGroup(id));
    case "keypair":
      return once(async () => (await context.here.tenant()).compute.deleteKeypair(name));
    default:
      return undefined;
  }
}

/** With its group a point goes, too. */
async function pointGone({ here }: StepContext, group: string, suffix: string): Promise<true | undefined> {
  const of = { group, array: undefined };
  if (!(await here.array.findGroup(group)) || !(await here.array.findRecoveryPoint(of, suffix))) return true;
  await here.array.destroyRecoveryPoint(of, suffix);
  return undefined;
}

function gone(find: () => Promise<unknown>, remove: () => Promise<void>): () => Promise<true | undefined> {
  let isAsked = false;
  return async () => {
    if ((await find()) === undefined) return true;
    if (!isAsked) await ignoreGone(remove());
    isAsked = true;
    return undefined;
  };
}

function once(remove: () => Promise<void>): () => Promise<true> {
  return async () => {
    await ignoreGone(remove());
    return true;
  };
}

/** Cinder refuses to delete a volume until its server is gone altogether. */
async function volumeGone(context: StepContext, id: string): Promise<true | undefined> {
  const volume = await context.here.reads.volume(id);
  if (!volume) {
    await forgetStandIn(context.here.array, id);
    return true;
  }
  if (volume.status === "error_deleting") {
    throw new ProtectorError(
      "test.left_behind",
      `Cinder could not delete volume ${volume.name} (${id}): its log says why.`,
    );
  }
  const canGo = volume.attachments.length === 0 && !["deleting", "detaching", "in-use"].includes(volume.status);
  if (canGo) await ignoreGone(context.here.admin.volume.deleteVolume(id));
  return undefined;
}
