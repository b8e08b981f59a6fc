import { writeJson } from "../db/codecs.ts";
import { newReadiness } from "../db/new-rows.ts";
import { MAY_EXIST } from "../db/repositories/ledger.ts";
import { updateProtectionGroup } from "../db/repositories/protection-groups.ts";
import { closeFindings, listOpenFindings } from "../db/repositories/readiness-findings.ts";
import { deleteReplicationPolicy } from "../db/repositories/replication-policies.ts";
import type { DbTime } from "../db/schema.ts";
import type { Db } from "../db/transaction.ts";

/** Kinds of outside object that a policy stands for. */
export const STORAGE_KINDS = ["array_group", "cinder_group"] as const;

/**
 * Deletes a group's policy with its tokens, and everything that this site knows of what it stood for: storage, recovery
 * points, readiness. In the transaction that ends the operation, or that takes the document which says so.
 */
export async function removePolicy(transaction: Db, groupId: string, now: DbTime): Promise<void> {
  await deleteReplicationPolicy(transaction, groupId);
  await transaction.deleteFrom("consistency_groups").where("protection_group_id", "=", groupId).execute();
  await transaction.deleteFrom("recovery_points").where("protection_group_id", "=", groupId).execute();
  await transaction
    .updateTable("resource_ledger")
    .set({ state: "removed", updated_at: now })
    .where("protection_group_id", "=", groupId)
    .where("kind", "in", [...STORAGE_KINDS])
    .where("state", "in", [...MAY_EXIST])
    .execute();
  await updateProtectionGroup(transaction, {
    id: groupId,
    changes: {
      readiness: writeJson(newReadiness()),
      readiness_requested_at: null,
      readiness_due_at: null,
      is_failover_ready: null,
      last_recovery_point_at: null,
      pod: null,
    },
  });
  const open = await listOpenFindings(transaction, groupId);
  await closeFindings(
    transaction,
    open.map(({ id }) => id),
    now,
  );
}
