import type { Transaction } from "kysely";
import type { Database, ProtectionGroupsTable } from "../db/schema.ts";
import { firstEpochOfNextPair } from "./epochs.ts";
import { type TurnPorts, turnHome } from "./turn-home.ts";

/** The array of the new second site, as its policy has it. */
export interface SecondArray {
  readonly url: string | null;
  readonly tokenSecretId: string | null;
  readonly backend: string | null;
}

/** A new second site for a group whose old one is lost for good. */
export interface Replacement extends TurnPorts {
  /** The site that the group runs at, and this one. */
  readonly localSiteId: string;
  readonly peerSiteId: string;
  readonly array: SecondArray;
  /** Why the old one is certain to be lost, as a person has said. */
  readonly reason: string;
}

/**
 * Takes everything of the lost site out of a group's rows and puts the new one in its place: the primary is home, what was
 * mapped to the lost site is unmapped, what that site owed is closed. The epoch rises into the pair of the two sites.
 * @returns secrets that nothing refers to any more.
 */
export async function replacePeer(
  trx: Transaction<Database>,
  group: ProtectionGroupsTable,
  replacement: Replacement,
): Promise<readonly string[]> {
  const { localSiteId, peerSiteId, array, now, reason } = replacement;
  const lost = group.peer_site_id;
  await turnHome(trx, group, replacement);
  const secrets = await nameSecondArray(trx, group.id, { array, now });
  await trx
    .updateTable("pg_members")
    .set({ peer_server_id: null })
    .where("protection_group_id", "=", group.id)
    .execute();
  const storage = await trx
    .selectFrom("consistency_groups")
    .select("id")
    .where("protection_group_id", "=", group.id)
    .where("site_id", "=", lost)
    .execute();
  for (const { id } of storage) {
    await trx.deleteFrom("cg_volumes").where("consistency_group_id", "=", id).execute();
    await trx.deleteFrom("consistency_groups").where("id", "=", id).execute();
  }
  await trx.deleteFrom("recovery_points").where("protection_group_id", "=", group.id).execute();
  await trx.deleteFrom("resource_mappings").where("protection_group_id", "=", group.id).execute();
  await trx
    .updateTable("duties")
    .set({ state: "done", done_at: now, last_error: `its site was lost for good: ${reason}`.slice(0, 1000) })
    .where("protection_group_id", "=", group.id)
    .where("site_id", "=", lost)
    .where("state", "=", "owed")
    .execute();
  await trx
    .updateTable("protection_groups")
    .set({
      peer_site_id: peerSiteId,
      epoch: firstEpochOfNextPair(group.epoch, { primary: localSiteId, peer: peerSiteId }),
      status: "active",
      protection: "unprotected",
      protection_reason: "nothing has replicated to its new second site yet",
      peer_generation: null,
      peer_digest: null,
      peer_receipt_at: null,
      is_failover_ready: 0,
      last_recovery_point_at: null,
      updated_at: now,
    })
    .where("id", "=", group.id)
    .execute();
  return secrets;
}

async function nameSecondArray(
  trx: Transaction<Database>,
  groupId: string,
  { array, now }: Pick<Replacement, "array" | "now">,
): Promise<readonly string[]> {
  const policy = await trx
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
  if (!policy) return [];
  await trx
    .updateTable("replication_policies")
    .set({
      secondary_fa_url: array.url,
      secondary_token_secret_id: array.tokenSecretId,
      secondary_backend: array.backend,
      updated_at: now,
    })
    .where("id", "=", policy.id)
    .execute();
  return policy.secondary_token_secret_id === null ? [] : [policy.secondary_token_secret_id];
}
