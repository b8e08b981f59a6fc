import { raiseGeneration } from "../../domain/generations.ts";
import { planReplacePeer } from "../plans/replace-peer.ts";
import type { DescribedStorage } from "../steps/describe-storage.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import { replicationSettings } from "../world/observe-failover.ts";
import { observePod } from "../world/observe-pod.ts";
import { recapture } from "../world/observe-reprotect.ts";
import { writeConsistencyGroup } from "./consistency-group-rows.ts";
import {
  beginReprotection,
  recordCaptures,
  recordReprotected,
  recordUnprotected,
  reportReprotection,
} from "./reprotect.ts";
import { outputOf } from "./step-output.ts";
import { fromHere, type PlanningContext, type Workflow } from "./workflow.ts";

/**
 * Protects a group at a new second site, after the old one was lost for good: its rows name the new one already when this
 * begins. Nothing of the lost site is asked.
 */
export const replacePeer: Workflow = {
  type: "replace_peer",
  direction: fromHere,
  plan: planReplacement,
  begin: beginReprotection,
  end: async (context, end) => {
    if (end === "superseded") return;
    if (!outputOf(context.steps, "wait")) return recordUnprotected(context);
    await recordCaptures(context);
    await recordReprotected(context);
    // By this name its array's points are found when it does not answer itself.
    const storage = outputOf<DescribedStorage>(context.steps, "storage");
    if (storage) await writeConsistencyGroup(context, { ...storage.target, cinderGroupId: null });
    const { trx, view, localSiteId, now } = context;
    await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
  },
  report: reportReprotection,
};

async function planReplacement(context: PlanningContext) {
  const { operation, view, source, target } = context;
  const { group } = view;
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const [members, standing, health, targetArray, pod] = await Promise.all([
    Promise.all(view.members.map((member) => recapture(context, member))),
    source.array.findGroup(arrayGroup),
    source.array.health(),
    target.arrayName(),
    observePod(arrayGroup, { source, target }),
  ]);
  return planReplacePeer({
    operationId: operation.id,
    group: { id: group.id, name: group.name, arrayGroup },
    epoch: group.epoch,
    members,
    replication: replicationSettings(view),
    source: {
      siteName: source.siteName,
      connection: health.connections.find((connection) => connection.array === targetArray),
    },
    target: { siteName: target.siteName },
    pod,
    before: standing?.members ?? [],
  });
}
