import { ProtectorError } from "@protector/contract";
import type { Insertable, Selectable, Updateable } from "kysely";
import { isDuplicate } from "../constraint.ts";
import type { ReplicationPoliciesTable } from "../schema.ts";
import type { Db } from "../transaction.ts";
import { deleteSecret } from "./secrets.ts";

export type ReplicationPolicyRow = Selectable<ReplicationPoliciesTable>;

export function findReplicationPolicy(db: Db, groupId: string): Promise<ReplicationPolicyRow | undefined> {
  return db
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
}

/** @throws ProtectorError `policy.exists` when the group has one. */
export async function insertReplicationPolicy(db: Db, row: Insertable<ReplicationPoliciesTable>): Promise<void> {
  try {
    await db.insertInto("replication_policies").values(row).execute();
  } catch (error) {
    if (!isDuplicate(error, "uq_policies_group", "protection_group_id")) throw error;
    throw new ProtectorError("policy.exists", `Protection group ${row.protection_group_id} has a replication policy.`, {
      cause: error,
    });
  }
}

/** @returns whether the group has a policy. */
export async function updateReplicationPolicy(
  db: Db,
  groupId: string,
  changes: Updateable<ReplicationPoliciesTable>,
): Promise<boolean> {
  const result = await db
    .updateTable("replication_policies")
    .set(changes)
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Deletes a group's policy, and the tokens that were kept for it. */
export async function deleteReplicationPolicy(db: Db, groupId: string): Promise<void> {
  const policy = await findReplicationPolicy(db, groupId);
  if (!policy) return;
  await db.deleteFrom("replication_policies").where("id", "=", policy.id).execute();
  for (const id of [policy.primary_token_secret_id, policy.secondary_token_secret_id]) {
    if (id !== null) await deleteSecret(db, id);
  }
}
