import { ProtectorError } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import { findKeptSnapshot, listKeptSnapshots } from "../../db/repositories/kept-snapshots.ts";
import { step } from "../plans/planned-step.ts";
import type { KeptSnapshotInput, KeptVolumeInput } from "../steps/overwrite-volume.ts";
import { fromHere, type PlanningContext, type Workflow } from "./workflow.ts";

/** Deletes one of the snapshots that were kept because what they hold is nowhere else. */
export const snapshotDelete: Workflow = {
  type: "snapshot_delete",
  direction: fromHere,
  isOutsideEpochs: true,
  plan: async (context) => ({
    steps: [await deletion(context)],
    blockers: [],
    warnings: [],
    expectedDataLossSeconds: null,
    recoveryPoint: null,
  }),
  // The ledger's row of the deletion takes it off the list.
  end: async () => {},
};

async function deletion({ connection, operation, source, target, view }: PlanningContext) {
  const { snapshot_id: id = "" } = readJson(operation.parameters) as { readonly snapshot_id?: string };
  const kept = await findKeptSnapshot(connection.db, { groupId: view.group.id, id });
  if (!kept) throw new ProtectorError("kept_snapshot.not_found", `Kept snapshot ${id} has been deleted already.`);
  const side = kept.site_id === source.siteId ? "source" : "target";
  const { siteName } = side === "source" ? source : target;
  const { name } = kept;
  if (kept.kind === "kept_volume") {
    const all = await listKeptSnapshots(connection.db, view.group.id);
    const own = all.filter((each) => each.kind === "volume_snapshot" && each.name.startsWith(`${name}.`));
    const input: KeptVolumeInput = { name, snapshots: own.map((each) => each.name) };
    return step(
      "delete",
      "ensure",
      "volume.destroy_kept",
      `Destroy array volume ${name} at ${siteName}`,
      "empty",
      side,
      {
        input,
      },
    );
  }
  const cut = name.lastIndexOf(".");
  const input: KeptSnapshotInput = { arrayVolume: name.slice(0, cut), keptSuffix: name.slice(cut + 1) };
  return step("delete", "ensure", "volume.drop_kept", `Destroy snapshot ${name} at ${siteName}`, "empty", side, {
    input,
  });
}
