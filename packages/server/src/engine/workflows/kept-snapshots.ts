import type { JournaledStep } from "../runner/operation-store.ts";
import type { RemoveAwayVolumeInput } from "../steps/empty-away.ts";
import type { KeepSnapshotInput } from "../steps/overwrite-volume.ts";
import type { WorkflowReport } from "./workflow.ts";

/** Steps that leave a snapshot of what a volume held. */
const KEEPING = new Set(["volume.overwrite", "volume.keep"]);

/** What volumes held that is nowhere else, as far as no later step has deleted it: it stays until a person deletes it. */
export function keptSnapshots(steps: readonly JournaledStep[]): WorkflowReport["leftovers"] {
  const completed = steps.filter(({ status }) => status === "completed");
  const inputsOf = (isWanted: (action: string) => boolean) =>
    completed.filter(({ action }) => isWanted(action)).map(({ input }) => input as KeepSnapshotInput);
  const dropped = new Set(inputsOf((action) => action === "volume.drop_kept").map(nameOf));
  const snapshots = inputsOf((action) => KEEPING.has(action)).filter((input) => !dropped.has(nameOf(input)));
  const volumes = completed
    .filter(({ action }) => action === "away.volume")
    .map(({ input }) => input as RemoveAwayVolumeInput)
    .filter(({ keptName }) => keptName !== null);
  return [
    ...snapshots.map((input) => ({ subject: `Snapshot ${nameOf(input)}`, reason: reasonOf(input) })),
    ...volumes.map((input) => ({ subject: `Array volume ${input.keptName}`, reason: reasonOf(input) })),
  ];
}

function reasonOf({ title }: { readonly title: string }): string {
  return `kept: what ${title} held. Delete it when nobody needs it any more: protector kept-snapshot delete`;
}

function nameOf({ arrayVolume, keptSuffix }: Pick<KeepSnapshotInput, "arrayVolume" | "keptSuffix">): string {
  return `${arrayVolume}.${keptSuffix}`;
}
