import { writeTime } from "../../db/codecs.ts";
import { updateProtectionGroup } from "../../db/repositories/protection-groups.ts";
import type { Db } from "../../db/transaction.ts";

/**
 * Makes a transaction wait for others that change the group, and see what they left: its first statement has to be a
 * write, since a read would fix the snapshot that every later read sees (REPEATABLE READ). A group that is not there is
 * no error here.
 */
export async function lockGroup(transaction: Db, id: string, now: number): Promise<void> {
  await updateProtectionGroup(transaction, { id, changes: { updated_at: writeTime(now) } });
}
