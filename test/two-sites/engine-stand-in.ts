import type { TestSite } from "../../packages/server/src/api/testing.ts";
import { inTransaction } from "../../packages/server/src/db/transaction.ts";
import { buryGroup } from "../../packages/server/src/domain/group-deletion.ts";

/** Ends a group's deletion as the engine does. */
export function bury(site: TestSite, groupId: string, now: number): Promise<void> {
  return inTransaction(site.database.db, (transaction) =>
    buryGroup(transaction, { groupId, localSiteId: site.siteId, now }),
  );
}
