import type { Transaction } from "kysely";
import { findConsistencyGroup, insertVolumes } from "../db/repositories/consistency-groups.ts";
import { listMembers } from "../db/repositories/members.ts";
import type { Database } from "../db/schema.ts";
import { writeTime } from "./document-codecs.ts";
import type { DocumentContext } from "./document-rows.ts";

/**
 * Takes the storage rows of a document: those of the site that made it as they are, those of this site only when it has
 * none itself. Names on the arrays are checked against Cinder and the array by the engine before they are used.
 */
export async function applyStorage(
  transaction: Transaction<Database>,
  { document, identity, now }: DocumentContext,
): Promise<void> {
  const groupId = document.protection_group_id;
  const members = new Set((await listMembers(transaction, groupId)).map(({ id }) => id));
  for (const { volumes, ...storage } of document.observed.consistency_groups) {
    const held = await findConsistencyGroup(transaction, { groupId, siteId: storage.site_id });
    if (storage.site_id === identity.siteId && held) continue;
    if (storage.site_id !== identity.siteId && storage.site_id !== document.site_id) continue;
    if (held) await transaction.deleteFrom("consistency_groups").where("id", "=", held.id).execute();
    const at = writeTime(now);
    await transaction
      .insertInto("consistency_groups")
      .values({ ...storage, protection_group_id: groupId, created_at: held?.created_at ?? at, updated_at: at })
      .execute();
    await insertVolumes(
      transaction,
      volumes
        .filter(({ member_id }) => members.has(member_id))
        .map((volume) => ({ ...volume, consistency_group_id: storage.id, created_at: at })),
    );
  }
}
