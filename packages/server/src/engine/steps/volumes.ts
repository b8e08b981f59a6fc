import { ProtectorError } from "@protector/contract";
import { isQuotaText, type ManageVolume, type Volume } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { forgetStandIn, standInName } from "../world/stand-ins.ts";
import type { CutPoint } from "./replication.ts";
import { replicaSource } from "./replication.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link recoverVolume}. */
export interface RecoverVolumeInput {
  /** Name of the volume, for people. */
  readonly title: string;
  /** Temporary name in Cinder, and beginning of the clone's name on the array: `protector-<operation>-<n>`. */
  readonly temporaryName: string;
  readonly arrayGroup: string;
  /** Step whose output is the recovery point. */
  readonly pointStep: string;
  readonly sourceVolume: string;
  readonly volumeType: string;
  readonly isBootable: boolean;
  /** Image that it was made from; where the array holds no data, it is made from it again. */
  readonly imageId: string | null;
}

/** A recovered volume. */
export interface RecoveredVolume {
  readonly volumeId: string;
  readonly arrayVolume: string;
  readonly sizeGib: number;
}

/**
 * Clones one volume of the recovery point and takes the clone into Cinder. The clone's name carries the lease: an engine
 * that takes over destroys the clones of older leases first, so a late `manage` of the former engine finds nothing.
 */
export const recoverVolume: StepHandler<RecoverVolumeInput, RecoveredVolume> = {
  run: async (context, input) => {
    const managed = (await findManaged(context, input)) ?? (await cloneAndManage(context, input));
    const entry = volumeEntry(context, input);
    const volume = await context.until(`${input.title} to be managed by Cinder`, async () => {
      const now = await context.here.reads.volume(managed.id);
      if (now && isBroken(now)) throw volumeError(input, now);
      return now?.status === "available" || now?.status === "in-use" ? now : undefined;
    });
    await context.ledger.present(entry, volume.id);
    if (!context.here.array.holdsData) await becomeStandIn(context, input, volume.id);
    return {
      volumeId: volume.id,
      arrayVolume: context.here.array.holdsData
        ? (volume.providerId ?? `volume-${volume.id}-cinder`)
        : standInName(volume.id),
      sizeGib: volume.sizeGiB,
    };
  },
  undo: async (context, input, output) => {
    const ids = new Set((await named(context, input)).map((volume) => volume.id));
    if (output) ids.add(output.volumeId);
    for (const id of ids) await ignoreGone(context.here.admin.volume.deleteVolume(id));
    await context.until(`${input.title} to be deleted at ${context.here.siteName}`, async () =>
      (await context.here.reads.volumes()).some((volume) => ids.has(volume.id)) ? undefined : true,
    );
    for (const id of ids) await forgetStandIn(context.here.array, id);
    await destroyClones(context, input, context.operation.leaseNumber);
    await context.ledger.removed(volumeEntry(context, input));
  },
};

/** Input of {@link describeVolume}. */
export interface DescribeVolumeInput {
  readonly volumeStep: string;
  readonly name: string;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly imageMetadata: Readonly<Record<string, string>>;
  readonly isBootable: boolean;
}

/** Gives a managed volume the name, description, metadata and flags it had: `manage` wipes them. */
export const describeVolume: StepHandler<DescribeVolumeInput> = {
  run: async (context, input) => {
    const { volumeId } = context.output<RecoveredVolume>(input.volumeStep);
    const { volume } = await context.here.tenant();
    await volume.replaceMetadata(volumeId, input.metadata);
    await volume.setBootable(volumeId, input.isBootable);
    if (Object.keys(input.imageMetadata).length > 0) await volume.setImageMetadata(volumeId, input.imageMetadata);
    await volume.updateVolume(volumeId, { name: input.name, description: input.description ?? "" });
  },
};

function volumeEntry(context: StepContext, input: RecoverVolumeInput) {
  return {
    kind: "volume",
    siteId: context.here.siteId,
    projectId: context.here.projectId,
    name: input.temporaryName,
  } as const;
}

/** A volume that an earlier try managed; one that failed to be managed is forgotten by Cinder first. */
async function findManaged(context: StepContext, input: RecoverVolumeInput): Promise<Volume | undefined> {
  const found = await settledAbsence(context, () => named(context, input));
  let ours: Volume | undefined;
  for (const volume of found) {
    if (isBroken(volume)) await forgetBroken(context, volume);
    else ours = volume;
  }
  return ours;
}

async function cloneAndManage(context: StepContext, input: RecoverVolumeInput): Promise<{ readonly id: string }> {
  const { here, ledger, operation } = context;
  await destroyClones(context, input, operation.leaseNumber - 1);
  const clone = `${input.temporaryName}-l${operation.leaseNumber}`;
  await ledger.intend({ kind: "array_volume", siteId: here.siteId, projectId: null, name: clone });
  const made = await here.array.ensureClone({
    source: await replicaSource(context, input.arrayGroup),
    suffix: context.output<CutPoint>(input.pointStep).suffix,
    sourceVolume: input.sourceVolume,
    name: clone,
  });
  if (made.connectionCount > 0) {
    throw new ProtectorError("storage.volume_connected", `Clone ${clone} of ${input.title} is connected to a host.`);
  }
  await ledger.intend(volumeEntry(context, input));
  if (!here.array.holdsData) return createWithoutData(context, input, made.bytes);
  const request: ManageVolume = {
    host: await here.cinderHost(),
    reference: clone,
    name: input.temporaryName,
    description: `Recovered by Protector operation ${operation.id}`,
    volumeType: input.volumeType,
    isBootable: input.isBootable,
    metadata: {},
  };
  return manage(context, request);
}

/**
 * Manages as the tenant; where `volume_manage` is left to administrators, as the service user with its role in the
 * tenant's project.
 */
async function manage(context: StepContext, request: ManageVolume): Promise<{ readonly id: string }> {
  const tenant = await context.here.tenant();
  try {
    return await tenant.volume.manageVolume(request);
  } catch (error) {
    if (!(error instanceof OutsideError && error.failure.status === 403) || isQuotaText(error.failure.detail))
      throw error;
    const manager = await context.here.projectManager();
    if (!manager) throw error;
    return manager.volume.manageVolume(request);
  }
}

/**
 * Has Cinder make the volume that a mock array only has the name of: a bootable one from its image, any other one blank.
 * @throws ProtectorError `storage.no_data` when the image is not there.
 */
async function createWithoutData(
  { here, operation }: StepContext,
  { title, temporaryName, volumeType, isBootable, imageId }: RecoverVolumeInput,
  bytes: number,
): Promise<{ readonly id: string }> {
  const image = isBootable && imageId !== null ? await here.admin.image.findImage(imageId) : undefined;
  if (isBootable && !image) {
    const missing = imageId === null ? "it was made from no image" : `its image ${imageId} is not at ${here.siteName}`;
    throw new ProtectorError("storage.no_data", `The mock array cannot recover bootable ${title}: ${missing}.`);
  }
  const tenant = await here.tenant();
  return tenant.volume.createVolume({
    name: temporaryName,
    description: `Recovered by Protector operation ${operation.id}`,
    sizeGiB: Math.ceil(bytes / 2 ** 30),
    volumeType,
    ...(image ? { imageId: image.id } : {}),
  });
}

/** The clone on a mock array stands for the volume that Cinder has made. */
async function becomeStandIn(context: StepContext, input: RecoverVolumeInput, volumeId: string): Promise<void> {
  const { here, operation } = context;
  const name = standInName(volumeId);
  if (await here.array.findVolume(name)) return;
  const [clone] = await here.array.findVolumes(cloneNames(input, operation.leaseNumber));
  if (clone) await here.array.renameVolume(clone.name, name);
}

function cloneNames({ temporaryName }: RecoverVolumeInput, newest: number): readonly string[] {
  return Array.from({ length: newest }, (_, index) => `${temporaryName}-l${index + 1}`);
}

/** Destroys the clones of leases up to `newest` that were not managed, and sees them gone. */
async function destroyClones(context: StepContext, input: RecoverVolumeInput, newest: number): Promise<void> {
  const names = cloneNames(input, newest);
  if (names.length === 0) return;
  for (const clone of await context.here.array.findVolumes(names))
    await context.here.array.destroyVolume(clone.name, clone.id);
  for (const name of names) {
    await context.ledger.removed({ kind: "array_volume", siteId: context.here.siteId, projectId: null, name });
  }
}

/**
 * Deletes the record of a volume that Cinder failed to manage, only when the array holds no volume under the name that
 * the deletion would destroy.
 */
async function forgetBroken(context: StepContext, volume: Volume): Promise<void> {
  const wouldDestroy = volume.providerId ?? `volume-${volume.id}-cinder`;
  const standing = await context.here.array.findVolume(wouldDestroy);
  if (standing && standing.connectionCount > 0) {
    throw new ProtectorError(
      "cloud.volume_error",
      `Volume ${volume.id} is ${volume.status} in Cinder but connected on the array.`,
    );
  }
  await ignoreGone(context.here.admin.volume.deleteVolume(volume.id));
}

async function named(context: StepContext, input: RecoverVolumeInput): Promise<readonly Volume[]> {
  return (await context.here.reads.volumes()).filter((volume) => volume.name === input.temporaryName);
}

function isBroken(volume: Volume): boolean {
  return volume.status === "error" || volume.status === "error_managing";
}

function volumeError(input: RecoverVolumeInput, volume: Volume): ProtectorError {
  return new ProtectorError(
    "cloud.volume_error",
    `Cinder could not make ${input.title}: volume ${volume.id} is ${volume.status}. Its log says why.`,
  );
}
