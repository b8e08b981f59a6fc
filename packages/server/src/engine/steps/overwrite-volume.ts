import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { noteGone } from "./note-gone.ts";
import { type CutPoint, replicaSource } from "./replication.ts";
import type { RecoveredVolume } from "./volumes.ts";

/** Input of {@link overwriteVolume}. */
export interface OverwriteVolumeInput {
  /** Name of the volume, for people. */
  readonly title: string;
  /** Beginning of the copies' names on the array: `protector-<operation>-<n>`. */
  readonly temporaryName: string;
  readonly arrayGroup: string;
  /** Step whose output is the recovery point. */
  readonly pointStep: string;
  /** Its name on the array that the servers leave. */
  readonly sourceVolume: string;
  /** The volume that waits at home. */
  readonly volumeId: string;
  readonly arrayVolume: string;
  readonly sizeGib: number;
  /** Suffix of the snapshot of what it held before: the way back. */
  readonly keptSuffix: string;
}

/**
 * Puts the data of the recovery point into the volume that waits at home: a snapshot of what it held is kept first, then it
 * is overwritten from a copy whose name carries the lease. The copy goes before the step ends, so that a late overwrite of
 * this or a former engine finds no source.
 */
export const overwriteVolume: StepHandler<OverwriteVolumeInput, RecoveredVolume> = {
  run: async (context, input) => {
    const { here, ledger, operation } = context;
    await requireFree(context, input);
    const kept = keptEntry(context, input);
    await ledger.intend(kept);
    await here.array.ensureVolumeSnapshot(input.arrayVolume, input.keptSuffix);
    await ledger.present(kept, kept.name);
    await destroyCopies(context, input, operation.leaseNumber - 1);
    const name = `${input.temporaryName}-l${operation.leaseNumber}`;
    await ledger.intend({ kind: "array_volume", siteId: here.siteId, projectId: null, name });
    await here.array.ensureClone({
      source: await replicaSource(context, input.arrayGroup),
      suffix: context.output<CutPoint>(input.pointStep).suffix,
      sourceVolume: input.sourceVolume,
      name,
    });
    await requireFree(context, input);
    await here.array.overwrite(input.arrayVolume, name);
    await destroyCopies(context, input, operation.leaseNumber);
    return { volumeId: input.volumeId, arrayVolume: input.arrayVolume, sizeGib: input.sizeGib };
  },
  undo: async (context, input) => {
    const { array } = context.here;
    await destroyCopies(context, input, context.operation.leaseNumber);
    if (await context.ledger.isOurs(keptEntry(context, input))) {
      await requireFree(context, input);
      try {
        await array.overwrite(input.arrayVolume, `${input.arrayVolume}.${input.keptSuffix}`);
      } catch (error) {
        // Without the snapshot nothing was overwritten yet, or it has been put back already.
        if (!(error instanceof OutsideError && error.failure.failureClass === "final")) throw error;
      }
    }
    await dropKept(context, input);
  },
};

/** Input of {@link keepSnapshot}. */
export type KeepSnapshotInput = Pick<OverwriteVolumeInput, "title" | "arrayVolume" | "keptSuffix">;

/** Cuts a snapshot of what a volume holds, where that is nowhere else: it stays until a person deletes it. */
export const keepSnapshot: StepHandler<KeepSnapshotInput> = {
  run: async (context, input) => {
    const kept = keptEntry(context, input);
    await context.ledger.intend(kept);
    await context.here.array.ensureVolumeSnapshot(input.arrayVolume, input.keptSuffix);
    await context.ledger.present(kept, kept.name);
  },
  undo: (context, input) => dropKept(context, input),
};

/** Input of {@link dropKeptSnapshot}. */
export type KeptSnapshotInput = Pick<OverwriteVolumeInput, "arrayVolume" | "keptSuffix">;

/** Destroys the snapshot of what a volume held before it was overwritten: nothing of it is missing elsewhere. */
export const dropKeptSnapshot: StepHandler<KeptSnapshotInput> = {
  run: (context, input) => dropKept(context, input),
};

/** Input of {@link destroyKeptVolume}. */
export interface KeptVolumeInput {
  /** On the array. */
  readonly name: string;
  /** Names of its kept snapshots, which go with it. */
  readonly snapshots: readonly string[];
}

/** Destroys a volume that Cinder had given up and the array kept under a name of Protector's. */
export const destroyKeptVolume: StepHandler<KeptVolumeInput> = {
  run: async (context, { name, snapshots }) => {
    const { array, siteId } = context.here;
    const volume = await array.findVolume(name);
    if (volume) await array.destroyVolume(name, volume.id);
    await noteGone(context, siteId, { kind: "kept_volume", names: [name] });
    await noteGone(context, siteId, { kind: "volume_snapshot", names: snapshots });
  },
};

async function dropKept(context: StepContext, input: KeptSnapshotInput): Promise<void> {
  await context.here.array.destroyVolumeSnapshot(input.arrayVolume, input.keptSuffix);
  await context.ledger.removed(keptEntry(context, input));
}

/** Waits until the array lists no connection of the volume. @throws ProtectorError when the volume is gone. */
async function requireFree(context: StepContext, { title, arrayVolume }: OverwriteVolumeInput): Promise<void> {
  const { array, siteName } = context.here;
  await context.until(`the array at ${siteName} to list no connection of ${title}`, async () =>
    (await array.connectionsOf([arrayVolume])).length === 0 ? true : undefined,
  );
  if (await array.findVolume(arrayVolume)) return;
  throw new ProtectorError("storage.refused", `${title} (${arrayVolume}) is gone from the array at ${siteName}.`);
}

async function destroyCopies(context: StepContext, input: OverwriteVolumeInput, newest: number): Promise<void> {
  const names = Array.from({ length: newest }, (_, index) => `${input.temporaryName}-l${index + 1}`);
  if (names.length === 0) return;
  const { array, siteId } = context.here;
  for (const { name, id } of await array.findVolumes(names)) await array.destroyVolume(name, id);
  for (const name of names) await context.ledger.removed({ kind: "array_volume", siteId, projectId: null, name });
}

function keptEntry(context: StepContext, { arrayVolume, keptSuffix }: KeptSnapshotInput) {
  return {
    kind: "volume_snapshot",
    siteId: context.here.siteId,
    projectId: null,
    name: `${arrayVolume}.${keptSuffix}`,
  } as const;
}
