import { ProtectorError } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import { keptRemoval } from "../plans/kept-removal.ts";
import { keptObjects } from "../world/kept-objects.ts";
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

async function deletion(context: PlanningContext) {
  const { snapshot_id: id = "" } = readJson(context.operation.parameters) as { readonly snapshot_id?: string };
  const all = await keptObjects(context);
  const kept = all.find((each) => each.id === id);
  if (!kept) throw new ProtectorError("kept_snapshot.not_found", `Kept snapshot ${id} has been deleted already.`);
  return keptRemoval(kept, all, { key: "delete" });
}
