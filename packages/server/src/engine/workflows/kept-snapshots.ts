import type { JournaledStep } from "../runner/operation-store.ts";
import type { OverwriteVolumeInput } from "../steps/overwrite-volume.ts";
import type { WorkflowReport } from "./workflow.ts";

/** Snapshots of what volumes held before they were overwritten, as far as no later step has deleted them. */
export function keptSnapshots(steps: readonly JournaledStep[]): WorkflowReport["leftovers"] {
  const dropped = new Set(
    steps
      .filter(({ action, status }) => action === "volume.drop_kept" && status === "completed")
      .map(({ input }) => nameOf(input as OverwriteVolumeInput)),
  );
  return steps
    .filter(({ action, status }) => action === "volume.overwrite" && status === "completed")
    .map(({ input }) => input as OverwriteVolumeInput)
    .filter((input) => !dropped.has(nameOf(input)))
    .map((input) => ({
      subject: `Snapshot ${nameOf(input)}`,
      reason: `kept: what ${input.title} held before it was overwritten. Delete it when nobody needs it any more.`,
    }));
}

function nameOf({ arrayVolume, keptSuffix }: Pick<OverwriteVolumeInput, "arrayVolume" | "keptSuffix">): string {
  return `${arrayVolume}.${keptSuffix}`;
}
