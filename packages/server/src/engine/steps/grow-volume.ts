import { ProtectorError } from "@protector/contract";
import type { StepHandler } from "../runner/step-handler.ts";

/** Input of {@link growVolume}. */
export interface GrowVolumeInput {
  /** Name of the volume and its server, for people. */
  readonly title: string;
  readonly volumeId: string;
  readonly sizeGib: number;
}

/**
 * Lets Cinder count a volume's new size, which the array gives it already. The volume is in use by a server that runs: Cinder
 * tells Nova, and the guest sees the room at once.
 * @throws ProtectorError `cloud.volume_error` when Cinder ends without it: the data is whole.
 */
export const growVolume: StepHandler<GrowVolumeInput> = {
  run: async (context, { title, volumeId, sizeGib }) => {
    const { admin, reads, siteName } = context.here;
    let isAsked = false;
    await context.until(`${title} to have ${sizeGib} GiB in Cinder`, async () => {
      const volume = await reads.volume(volumeId);
      if (!volume) throw new ProtectorError("cloud.volume_error", `${title} (${volumeId}) is gone from ${siteName}.`);
      if (volume.status === "extending") return undefined;
      const isBroken = volume.status === "error_extending";
      if (volume.sizeGiB >= sizeGib && !isBroken) return true;
      if (isAsked) {
        const detail = `Cinder at ${siteName} could not extend ${title} (${volumeId}) to ${sizeGib} GiB: it has ${volume.sizeGiB} GiB and is ${volume.status}. Its log says why. The array holds all of its data; retry this when Cinder is in order.`;
        throw new ProtectorError("cloud.volume_error", detail);
      }
      if (isBroken) await admin.volume.resetStatus(volumeId, "in-use");
      await admin.volume.extendVolume(volumeId, sizeGib);
      isAsked = true;
      return undefined;
    });
  },
};
