import { arrayGroupName } from "@protector/storage";
import type { Transaction } from "kysely";
import type { Database } from "../db/schema.ts";

/**
 * Writes down that a group has no volumes in a pod any more, and will not get any: it replicates asynchronously from now on,
 * as every group whose servers were recovered onto copies outside of the pod.
 */
export async function leavePod(trx: Transaction<Database>, groupId: string): Promise<void> {
  await trx
    .updateTable("protection_groups")
    .set({ replication_type: "async", pod: null })
    .where("id", "=", groupId)
    .execute();
  await trx.updateTable("replication_policies").set({ pod: null }).where("protection_group_id", "=", groupId).execute();
  await trx
    .updateTable("consistency_groups")
    .set({ array_group: arrayGroupName(groupId) })
    .where("protection_group_id", "=", groupId)
    .execute();
}
