import type { Random } from "@protector/ports";
import type { Transaction } from "kysely";
import { readJson, writeJson } from "../db/codecs.ts";
import type { DatabaseConnection } from "../db/connection.ts";
import { insertDuty } from "../db/repositories/duties.ts";
import { listMembers } from "../db/repositories/members.ts";
import { type ProtectionGroupRow, releaseProtectionGroup } from "../db/repositories/protection-groups.ts";
import type { Database } from "../db/schema.ts";

/** This site's own duty to stop and lock a group's servers, since the other site has taken the group over. */
export const FENCE_DUTY = "group.fence";

/** What a {@link FENCE_DUTY} carries. */
export interface FenceInput {
  readonly epoch: number;
  /** Servers here that were known as the group's when the other site took over; what it says afterwards may not name them. */
  readonly servers: readonly string[];
}

/** The other site has taken a group over. */
export interface Takeover {
  /** As this site holds it, before anything of the takeover is written. */
  readonly group: ProtectionGroupRow;
  readonly localSiteId: string;
  /** Epoch of the other site. */
  readonly epoch: number;
  /** The database's time. */
  readonly now: string | ReturnType<DatabaseConnection["now"]>;
}

/**
 * Writes down that this site has to fence its part of a group, however it has learned of the takeover: by a marker or by a
 * document of the other site. In the transaction that writes the new epoch, so that none of the two is ever known alone. One
 * that is still owed is brought up to date.
 * @returns the duty's id.
 */
export async function oweFence(trx: Transaction<Database>, random: Random, takeover: Takeover): Promise<string> {
  const { group, localSiteId, epoch, now } = takeover;
  const isHome = group.home_site_id === localSiteId;
  const members = await listMembers(trx, group.id);
  const servers = members.flatMap(
    ({ home_server_id, peer_server_id }) => (isHome ? home_server_id : peer_server_id) ?? [],
  );
  const owed = await trx
    .selectFrom("duties")
    .select(["id", "input"])
    .where("protection_group_id", "=", group.id)
    .where("kind", "=", FENCE_DUTY)
    .where("state", "=", "owed")
    .executeTakeFirst();
  const before = owed ? (readJson(owed.input) as FenceInput).servers : [];
  const input = writeJson({ epoch, servers: [...new Set([...before, ...servers])] } satisfies FenceInput);
  const reason = `the other site is primary since epoch ${epoch}`;
  if (owed) {
    await trx.updateTable("duties").set({ input, reason, next_look_at: null }).where("id", "=", owed.id).execute();
    return owed.id;
  }
  const id = random.uuid();
  await insertDuty(trx, {
    id,
    protection_group_id: group.id,
    operation_id: null,
    site_id: localSiteId,
    kind: FENCE_DUTY,
    subject: `Stop and lock the servers of ${group.name} here`,
    input,
    reason,
    created_at: now,
  });
  return id;
}

/** Closes an operation of this site that rests, failed or paused, while the other site has taken the group over. */
export async function supersedeResting(trx: Transaction<Database>, { group, epoch, now }: Takeover): Promise<void> {
  const { current_operation_id: operationId } = group;
  if (operationId === null) return;
  const closed = await trx
    .updateTable("dr_operations")
    .set({
      status: "superseded",
      status_reason: `the other site took the group over (epoch ${epoch})`,
      request: null,
      finished_at: now,
    })
    .where("id", "=", operationId)
    .where("status", "in", ["failed", "paused", "completed_with_errors"])
    .where("lease_owner", "is", null)
    .executeTakeFirst();
  if (closed.numUpdatedRows > 0n) await releaseProtectionGroup(trx, { id: group.id, operationId });
}
