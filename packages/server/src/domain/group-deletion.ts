import { writeTime } from "../db/codecs.ts";
import { updateProtectionGroup } from "../db/repositories/protection-groups.ts";
import type { Db } from "../db/transaction.ts";
import { raiseGeneration } from "./generations.ts";

/**
 * Turns a group into a tombstone, once its outside objects are gone: it is no longer listed, its name is free, and its
 * document says `is_deleted` until the peer's receipt is in. In the transaction that ends the operation.
 */
export async function buryGroup(
  transaction: Db,
  { groupId, localSiteId, now }: { readonly groupId: string; readonly localSiteId: string; readonly now: number },
): Promise<void> {
  await raiseGeneration(transaction, { groupId, localSiteId, now });
  await updateProtectionGroup(transaction, {
    id: groupId,
    changes: { deleted_at: writeTime(now), current_operation_id: null },
  });
}
