import { ProtectorError } from "@protector/contract";
import { isSameMarker, type Marker, markerName, type StorageArray } from "@protector/storage";
import { type StepContext, type StepHandler, Superseded } from "../runner/step-handler.ts";

/** Input of {@link takeMarker}. */
export interface TakeMarkerInput {
  /** Epoch that the plan was made for. */
  readonly epoch: number;
}

/** Input of {@link raiseEpoch}. */
export interface RaiseEpochInput {
  readonly from: number;
  readonly to: number;
  /** Epoch in the source's name, above `to`: where undoing goes, since an epoch is never lowered. */
  readonly back: number;
}

/** Takes the group: renames the marker on the primary's array from idle to this operation. */
export const takeMarker: StepHandler<TakeMarkerInput, { readonly epoch: number }> = {
  run: async (context, { epoch }) => {
    await swap(
      context,
      context.here.array,
      marker(context, epoch, undefined),
      marker(context, epoch, context.operation.id),
    );
    return { epoch };
  },
  undo: (context) => giveBack(context),
};

/**
 * Raises the epoch on one array in the name of the site that becomes primary. The marker there is either held by this
 * operation or, on the array that was not primary, idle.
 */
export const raiseEpoch: StepHandler<RaiseEpochInput, { readonly epoch: number }> = {
  run: async (context, { from, to }) => {
    const { array } = context.here;
    const wanted = marker(context, to, context.operation.id);
    const stands = await requireMarker(context, array);
    if (isSameMarker(stands, wanted)) return { epoch: to };
    const isFree = stands.epoch === from && (stands.holder === undefined || isOurs(context, stands));
    if (!isFree) throw notOurs(context, stands);
    await swap(context, array, stands, wanted);
    return { epoch: to };
  },
  undo: async (context, { to, back }) => {
    const { array } = context.here;
    const stands = await requireMarker(context, array);
    if (stands.epoch !== to || !isOurs(context, stands)) return;
    await swap(context, array, stands, marker(context, back, context.operation.id));
  },
};

/** Input of {@link claimEpoch}. */
export interface ClaimEpochInput {
  /** Lowest epoch to claim; in the primary's name. */
  readonly epoch: number;
  /** Epoch in the other site's name, above `epoch`: where undoing goes. */
  readonly back?: number;
}

/**
 * Takes the group over in this site's name, over any holder and from any epoch: renames what stands, whatever it is, to
 * the wanted epoch. Only an operation that a person started with open eyes does this.
 */
export const claimEpoch: StepHandler<ClaimEpochInput, { readonly epoch: number }> = {
  run: async (context, { epoch }) => {
    const { array } = context.here;
    const wanted = marker(context, epoch, context.operation.id);
    const stands = await requireMarker(context, array);
    if (isSameMarker(stands, wanted)) return { epoch };
    if (stands.epoch >= epoch) {
      throw new Superseded(
        `the marker on the array at ${context.here.siteName} is ${markerName(stands)}, above epoch ${epoch}`,
      );
    }
    await swap(context, array, stands, wanted);
    return { epoch };
  },
  undo: async (context, { epoch, back }) => {
    const { array } = context.here;
    const stands = await requireMarker(context, array);
    if (back === undefined || stands.epoch !== epoch || !isOurs(context, stands)) return;
    await swap(context, array, stands, marker(context, back, undefined));
  },
};

/** Gives the group back on both arrays, at whatever epoch this operation left it. */
export const releaseMarkers: StepHandler<Record<string, never>> = {
  run: (context) => giveBack(context),
};

/** Gives the group back on the array of the step's own side. */
export const releaseMarkerHere: StepHandler<Record<string, never>> = {
  run: (context) => giveBackOn(context, context.here.array),
};

/** Renames this operation's marker to idle, on every array where it holds one. */
async function giveBack(context: StepContext): Promise<void> {
  for (const side of [context.target, context.source]) await giveBackOn(context, side.array);
}

async function giveBackOn(context: StepContext, array: StorageArray): Promise<void> {
  const stands = await array.readMarker(context.operation.groupId);
  if (!stands || !isOurs(context, stands)) return;
  await swap(context, array, stands, { ...stands, holder: undefined });
}

/** @throws ProtectorError when somebody else's marker stands afterwards. */
async function swap(context: StepContext, array: StorageArray, from: Marker, to: Marker): Promise<void> {
  const stands = await array.swapMarker(from, to);
  if (stands && isSameMarker(stands, to)) return;
  if (!stands) throw missing(context);
  throw notOurs(context, stands);
}

async function requireMarker(context: StepContext, array: StorageArray): Promise<Marker> {
  const stands = await array.readMarker(context.operation.groupId);
  if (!stands) throw missing(context);
  return stands;
}

function marker(context: StepContext, epoch: number, holder: string | undefined): Marker {
  return { groupId: context.operation.groupId, epoch, holder };
}

/** Whether this operation holds a marker: only the first 8 hex digits of its id stand there. */
export function isHeldBy(stands: Marker, operationId: string): boolean {
  return stands.holder !== undefined && stands.holder.slice(0, 8) === operationId.replaceAll("-", "").slice(0, 8);
}

function isOurs(context: StepContext, stands: Marker): boolean {
  return isHeldBy(stands, context.operation.id);
}

function missing(context: StepContext): ProtectorError {
  return new ProtectorError(
    "marker.missing",
    `The marker of the group is missing on the array at ${context.here.siteName}.`,
  );
}

function notOurs(context: StepContext, stands: Marker): Error {
  const name = markerName(stands);
  if (stands.holder === undefined) {
    return new Superseded(
      `the marker on the array at ${context.here.siteName} is ${name}: the group's epoch has changed`,
    );
  }
  return new ProtectorError(
    "marker.held",
    `The group is held by operation ${stands.holder}… (marker ${name} on the array at ${context.here.siteName}).`,
  );
}
