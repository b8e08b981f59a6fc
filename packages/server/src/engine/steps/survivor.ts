import type { StepHandler } from "../runner/step-handler.ts";
import type { DescribedStorage } from "./describe-storage.ts";
import { replicaSource } from "./replication.ts";

/** Asks the surviving array who it is; of the other, what was recorded. */
export const describeSurvivor: StepHandler<Record<string, never>, DescribedStorage> = {
  run: async ({ source, target }) => {
    const { id, name } = await target.array.identify();
    return {
      source: { siteId: source.siteId, arrayId: "", arrayName: await source.arrayName() },
      target: { siteId: target.siteId, arrayId: id, arrayName: name },
    };
  },
};

/** Stops the group of the site that is left from replicating in: its servers are recovered from what is here. */
export const disallowReplica: StepHandler<{ readonly arrayGroup: string }> = {
  run: async (context, { arrayGroup }) => {
    const { array, group } = await replicaSource(context, arrayGroup);
    if (array !== undefined) await context.target.array.disallowReplicationFrom(array, group);
  },
};
