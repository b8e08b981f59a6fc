import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { Marker, ReplicationSettings } from "@protector/storage";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { Silence, within } from "../world/within.ts";
import { ANSWER_WITHIN_MS } from "./look-at-source.ts";
import { claimEpoch, isHeldBy, releaseMarkerHere } from "./markers.ts";

/** Input of {@link yieldSource}. */
export interface YieldSourceInput {
  /** Epoch in the target's name. */
  readonly epoch: number;
  /** Epoch in the source's name, above `epoch`: where undoing goes, since an epoch is never lowered. */
  readonly back: number;
  readonly arrayGroup: string;
  readonly settings: ReplicationSettings;
}

/** ms that the array of a site that may be dead is given. */
const WITHIN_MS = 30_000;

/**
 * Tells the array of the site that is left that the group has gone: its marker, and its schedule off. From the marker that
 * site knows it the moment it looks.
 * @throws ProtectorError `fence.failed` when the array does not answer in time; Superseded when that site has raised the
 * epoch above this operation's.
 */
export const yieldSource: StepHandler<YieldSourceInput> = {
  run: async (context, input) => {
    try {
      await within(context, { ms: WITHIN_MS, who: `The array at ${context.here.siteName}` }, () =>
        yieldTo(context, input),
      );
    } catch (error) {
      if (context.signal.aborted || !(error instanceof OutsideError || error instanceof Silence)) throw error;
      throw new ProtectorError("fence.failed", `${error.message.replace(/\.$/, "")}.`, { cause: error });
    }
  },
  undo: (context, input) =>
    within(context, { ms: WITHIN_MS, who: `The array at ${context.here.siteName}` }, () => giveBack(context, input)),
};

async function yieldTo(context: StepContext, { epoch, arrayGroup, settings }: YieldSourceInput): Promise<void> {
  const { array, siteName } = context.here;
  const patience = { ms: ANSWER_WITHIN_MS, who: `The array at ${siteName}` };
  const stands = await within(context, patience, () => array.readMarker(context.operation.groupId));
  // Idle at the epoch: it has been told before, by this step or by the watch of the markers.
  if (stands?.epoch !== epoch || stands.holder !== undefined) await claimEpoch.run(context, { epoch });
  if (await array.findGroup(arrayGroup)) await array.setReplication(arrayGroup, { ...settings, enabled: false });
  await releaseMarkerHere.run(context, {});
}

async function giveBack(context: StepContext, { epoch, back, arrayGroup, settings }: YieldSourceInput): Promise<void> {
  const { array } = context.here;
  const stands = await array.readMarker(context.operation.groupId);
  if (stands?.epoch === epoch && isFree(context, stands)) {
    await array.swapMarker(stands, { ...stands, epoch: back, holder: undefined });
  }
  if (await array.findGroup(arrayGroup)) await array.setReplication(arrayGroup, { ...settings, enabled: true });
}

function isFree(context: StepContext, stands: Marker): boolean {
  return stands.holder === undefined || isHeldBy(stands, context.operation.id);
}
