import { podOf, pointsOf, type ReplicationSettings } from "@protector/storage";
import type { StepHandler } from "../runner/step-handler.ts";
import { noteGone } from "./note-gone.ts";

/** Input of {@link ensureArrayGroup}. */
export interface EnsureArrayGroupInput {
  readonly arrayGroup: string;
  readonly settings: ReplicationSettings;
}

/** Makes the array group that replicates to the other array, schedule on. */
export const ensureArrayGroup: StepHandler<EnsureArrayGroupInput> = {
  run: async (context, { arrayGroup, settings }) => {
    const { source, target } = context;
    const entry = { kind: "array_group", siteId: source.siteId, projectId: null, name: arrayGroup } as const;
    await context.ledger.intend(entry);
    await source.array.ensureGroup(arrayGroup);
    // In a pod it is the other array's as well: there is nobody to send it to.
    if (podOf(arrayGroup) === undefined) await source.array.ensureTarget(arrayGroup, await target.arrayName());
    await source.array.setReplication(arrayGroup, settings);
    await context.ledger.present(entry, arrayGroup);
  },
  undo: async (context, { arrayGroup }) => {
    await context.source.array.destroyGroup(arrayGroup);
    await context.ledger.removed({
      kind: "array_group",
      siteId: context.source.siteId,
      projectId: null,
      name: arrayGroup,
    });
  },
};

/** Takes every target but the other site's array away from the group: nothing is sent to an array that is lost. */
export const onlyTarget: StepHandler<{ readonly arrayGroup: string }> = {
  run: async (context, { arrayGroup }) => {
    const { source, target } = context;
    const wanted = await target.arrayName();
    const group = await source.array.findGroup(arrayGroup);
    for (const { array } of group?.targets ?? []) {
      if (array.toLowerCase() !== wanted.toLowerCase()) await source.array.removeTarget(arrayGroup, array);
    }
  },
};

/** Makes the marker of a group on an array that it is new to, idle; one that was left there is raised. */
export const settleMarker: StepHandler<{ readonly epoch: number }> = {
  run: async (context, { epoch }) => {
    const wanted = { groupId: context.operation.groupId, epoch, holder: undefined };
    const stands = await context.here.array.ensureMarker(wanted);
    if (stands.epoch < epoch) await context.here.array.swapMarker(stands, wanted);
  },
};

/** Lets the group replicate in, as soon as it has appeared on the target array. */
export const allowReplication: StepHandler<{ readonly arrayGroup: string }> = {
  run: async (context, { arrayGroup }) => {
    const { source, target } = context;
    const sourceArray = await source.arrayName();
    await context.until(`array group ${sourceArray}:${arrayGroup} to appear at ${target.siteName}`, () =>
      target.array.findGroup(`${sourceArray}:${arrayGroup}`),
    );
    await target.array.allowReplicationFrom(sourceArray, arrayGroup);
  },
};

/** Makes the markers of a new group, idle. */
export const ensureMarker: StepHandler<{ readonly epoch: number }> = {
  run: async (context, { epoch }) => {
    await context.here.array.ensureMarker({ groupId: context.operation.groupId, epoch, holder: undefined });
  },
  undo: async (context) => {
    await context.here.array.destroyMarker(context.operation.groupId);
  },
};

/** Takes away both markers of a deleted group. */
export const destroyMarker: StepHandler<Record<string, never>> = {
  run: async (context) => {
    await context.here.array.destroyMarker(context.operation.groupId);
  },
};

/** Input of {@link setMembers}. */
export interface SetMembersInput {
  readonly arrayGroup: string;
  readonly volumes: readonly string[];
  /** Members before, for the way back. */
  readonly before: readonly string[];
}

/** Makes the group's volumes exactly these. */
export const setMembers: StepHandler<SetMembersInput> = {
  run: async (context, { arrayGroup, volumes, before }) => {
    const { array } = context.source;
    // A site that the group has failed over to has no array group of its own: there is nothing to take volumes out of.
    const isRemoval = volumes.every((volume) => before.includes(volume));
    if (isRemoval && !(await array.findGroup(arrayGroup))) return;
    await array.setMembers(arrayGroup, volumes);
  },
  undo: async (context, { arrayGroup, before }) => {
    await context.source.array.setMembers(arrayGroup, before);
  },
};

/** On the target's array: destroys the points that have arrived of a group that is gone, and lets it replicate in no more. */
export const forgetReplica: StepHandler<{ readonly arrayGroup: string }> = {
  run: async (context, { arrayGroup }) => {
    const { source, target } = context;
    const from = pointsOf(arrayGroup, await source.arrayName());
    const points = (await target.array.listRecoveryPoints(from)).map(({ suffix }) => suffix);
    for (const suffix of points) await target.array.destroyRecoveryPoint(from, suffix);
    if (from.array !== undefined) await target.array.disallowReplicationFrom(from.array, arrayGroup);
    await noteGone(context, source.siteId, { kind: "recovery_point", names: points });
  },
};

/** Destroys the array group of the step's site with its points; volumes stay. */
export const destroyArrayGroup: StepHandler<{ readonly arrayGroup: string }> = {
  run: async (context, { arrayGroup }) => {
    const { array, siteId } = context.here;
    const points = await array.listRecoveryPoints({ group: arrayGroup, array: undefined });
    await array.destroyGroup(arrayGroup);
    await noteGone(context, siteId, { kind: "array_group", names: [arrayGroup] });
    await noteGone(context, siteId, { kind: "recovery_point", names: points.map(({ suffix }) => suffix) });
  },
};
