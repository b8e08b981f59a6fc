import { ProtectorError } from "@protector/contract";
import type { ProtectionGroupsTable, ReplicationPoliciesTable } from "../../db/schema.ts";
import type { Db } from "../../db/transaction.ts";

/** Cinder's own default (`pure_replication_pod_name`). */
const DEFAULT_POD = "cinder-pod";

type GroupWithType = Pick<ProtectionGroupsTable, "id" | "name" | "replication_type">;

/**
 * The pod of a new policy; null for a group that is in none.
 * @throws ProtectorError `policy.pod_needs_sync`
 */
export function podOfPolicy(group: GroupWithType, wanted: string | undefined): string | null {
  if (group.replication_type === "sync") return wanted ?? DEFAULT_POD;
  if (wanted === undefined) return null;
  const detail = `Protection group "${group.name}" replicates asynchronously: its volumes are in no pod.`;
  throw new ProtectorError("policy.pod_needs_sync", detail);
}

/**
 * A group cannot be moved to another pod; one that was never set up can be given another name.
 * @throws ProtectorError `policy.pod_needs_sync`, `policy.pod_fixed`
 */
export async function requireSamePod(
  db: Db,
  { group, policy }: { readonly group: GroupWithType; readonly policy: Pick<ReplicationPoliciesTable, "pod"> },
  wanted: string | undefined,
): Promise<void> {
  if (wanted === undefined) return;
  podOfPolicy(group, wanted);
  if (policy.pod?.toLowerCase() === wanted.toLowerCase() || !(await isSetUp(db, group.id))) return;
  const detail = `The pod of protection group "${group.name}" is ${policy.pod}; ${wanted} is another one.`;
  throw new ProtectorError("policy.pod_fixed", detail);
}

/** Whether the group has anything on arrays. */
async function isSetUp(db: Db, groupId: string): Promise<boolean> {
  const row = await db
    .selectFrom("consistency_groups")
    .select("id")
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
  return row !== undefined;
}
