import { ProtectorError } from "@protector/contract";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { type CutPoint, replicaSource } from "./replication.ts";

/** Input of {@link confirmPoint}. */
export interface ConfirmPointInput {
  readonly arrayGroup: string;
  readonly suffix: string;
  /** Array volumes that the point must hold. */
  readonly arrayVolumes: readonly string[];
}

/** A point that servers are recovered from, and when the recovery began. */
export interface ConfirmedPoint extends CutPoint {
  /** ms since the UNIX epoch: as if the servers had stopped now, for the time that their recovery takes. */
  readonly stoppedAt: number;
}

/**
 * Sees that a kept point is still there, complete at the target, and holds every volume.
 * @throws ProtectorError `recovery_point.gone`, `recovery_point.none`
 */
export const confirmPoint: StepHandler<ConfirmPointInput, ConfirmedPoint> = {
  run: async (context, { arrayGroup, suffix, arrayVolumes }) => {
    const source = await replicaSource(context, arrayGroup);
    const point = await context.target.array.findRecoveryPoint(source, suffix);
    if (!point?.isUsable) {
      const state = point ? "is not complete" : "is gone";
      throw new ProtectorError(
        "recovery_point.gone",
        `Recovery point ${suffix} ${state} at ${context.target.siteName}.`,
      );
    }
    await requireVolumes(context, { arrayGroup, suffix, arrayVolumes });
    return { suffix: point.suffix, createdAt: point.createdAt, stoppedAt: context.clock.now() };
  },
};

/** @throws ProtectorError `recovery_point.none` when the point at the target lacks one of the volumes. */
export async function requireVolumes(
  context: StepContext,
  { arrayGroup, suffix, arrayVolumes }: ConfirmPointInput,
): Promise<void> {
  const held = await context.target.array.volumesOfPoint(await replicaSource(context, arrayGroup), suffix);
  const names = new Set(held.map((volume) => volume.sourceVolume.toLowerCase()));
  const missing = arrayVolumes.filter((name) => !names.has(name.toLowerCase()));
  if (missing.length > 0) {
    throw new ProtectorError("recovery_point.none", `Recovery point ${suffix} lacks volumes: ${missing.join(", ")}.`);
  }
}
