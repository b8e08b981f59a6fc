import type { ServerDescription } from "@protector/contract";
import type { DescribedStorage } from "../steps/describe-storage.ts";
import { volumesOfServer, writeConsistencyGroup, writeGroupVolumes } from "./consistency-group-rows.ts";
import { outputOf } from "./step-output.ts";
import type { WorkflowTransaction } from "./workflow.ts";

/** A member with its server as it was captured. */
export interface CapturedMember {
  readonly memberId: string;
  readonly description: ServerDescription;
}

/** Writes the volumes of members at the source, with the storage side of the group as the operation has seen it. */
export async function recordVolumes(context: WorkflowTransaction, members: readonly CapturedMember[]): Promise<void> {
  const storage = outputOf<DescribedStorage>(context.steps, "storage");
  if (!storage) return;
  const known = context.view.consistencyGroups.find((row) => row.site_id === storage.source.siteId);
  const cinderGroup = outputOf<{ cinderGroupId: string }>(context.steps, "cinder_group");
  const id = await writeConsistencyGroup(context, {
    ...storage.source,
    cinderGroupId: cinderGroup?.cinderGroupId ?? known?.cinder_group_id ?? null,
  });
  await writeGroupVolumes(context, id, {
    ofMembers: members.map(({ memberId }) => memberId),
    volumes: members.flatMap(({ memberId, description }) => volumesOfServer(memberId, description)),
  });
}
