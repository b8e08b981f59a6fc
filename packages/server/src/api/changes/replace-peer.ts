import { type ProtectionGroupAction, ProtectorError } from "@protector/contract";
import type { Transaction } from "kysely";
import { writeTime } from "../../db/codecs.ts";
import type { ProtectionGroupView } from "../../db/repositories/protection-groups.ts";
import { findReplicationPolicy } from "../../db/repositories/replication-policies.ts";
import { findSite } from "../../db/repositories/sites.ts";
import { findMappingOfProject } from "../../db/repositories/tenant-mappings.ts";
import type { Database } from "../../db/schema.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { requireLostPeer, requireNotBusy, requirePrimaryHere, requireStatus } from "../../domain/group-guards.ts";
import { replacePeer } from "../../domain/replace-peer.ts";
import type { ApiPorts } from "../ports.ts";
import { arrayRow, requireArrays } from "./policy-arrays.ts";
import type { OperationStart } from "./start-operation.ts";

type Wanted = NonNullable<ProtectionGroupAction["replace_peer"]>;

/** What a replacement of a group's second site needs, and what is stored of it. */
export function replacementOrder(ports: ApiPorts, wanted: Wanted): Omit<OperationStart, "call" | "apply"> {
  const { siteId } = ports.identity;
  return {
    type: "replace_peer",
    parameters: { peer_site_id: wanted.peer_site_id, reason: wanted.reason },
    check: async (db, group, holder) => {
      await requirePrimaryHere(db, group, siteId);
      await requireNotBusy(db, group, holder);
      requireStatus(group, ["active", "failed_over", "failed_over_partial"]);
      const policy = await findReplicationPolicy(db, group.id);
      if (!policy) {
        const detail = `Protection group "${group.name}" has no replication policy.`;
        throw new ProtectorError("protection_group.no_policy", detail);
      }
      const primary = { ...policy, secondary_backend: null, secondary_fa_url: null };
      requireArrays(arrayOf(wanted), ports.settings, primary);
      // One that is being repeated names the new site already, which has confirmed nothing yet.
      const isRepeat = wanted.peer_site_id === group.peer_site_id && group.peer_generation === null;
      if (!isRepeat) requireLostPeer(group);
      const peer = await findSite(db, wanted.peer_site_id);
      if (!peer || peer.is_local === 1) {
        throw new ProtectorError("site.not_found", `There is no peer site ${wanted.peer_site_id}.`);
      }
      if (await findMappingOfProject(db, { siteId: peer.id, localProjectId: group.project_id })) return;
      const detail = `Project ${group.project_id} is not mapped to a project of site "${peer.name}".`;
      throw new ProtectorError("tenant_mapping.missing", detail);
    },
  };
}

/** The new array alone; how often and for how long stays. */
function arrayOf({ secondary_fa_url, secondary_fa_api_token, secondary_backend }: Wanted) {
  return {
    ...(secondary_fa_url === undefined ? {} : { secondary_fa_url }),
    ...(secondary_fa_api_token === undefined ? {} : { secondary_fa_api_token }),
    ...(secondary_backend === undefined ? {} : { secondary_backend }),
  };
}

/** Writes the new second site into the rows, in the transaction that stores its operation. */
export async function replaceNow(
  ports: ApiPorts,
  transaction: Transaction<Database>,
  { group, wanted }: { readonly group: ProtectionGroupView; readonly wanted: Wanted },
): Promise<void> {
  const { clock, identity, random, secrets } = ports;
  const array = await arrayRow(ports, transaction, {
    url: wanted.secondary_fa_url,
    token: wanted.secondary_fa_api_token,
    backend: wanted.secondary_backend,
  });
  const row = await transaction
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", group.id)
    .executeTakeFirstOrThrow();
  const unused = await replacePeer(transaction, row, {
    localSiteId: identity.siteId,
    peerSiteId: wanted.peer_site_id,
    array,
    reason: wanted.reason,
    newId: () => random.uuid(),
    now: writeTime(clock.now()),
  });
  for (const id of unused) await secrets.remove(transaction, id);
  const counted = { groupId: group.id, localSiteId: identity.siteId, now: clock.now(), expected: group.generation };
  await raiseGeneration(transaction, counted);
}

/** As the audit keeps it: a token is never in it. */
export function withoutToken(body: ProtectionGroupAction): ProtectionGroupAction {
  if (!body.replace_peer) return body;
  const { secondary_fa_api_token: _token, ...shown } = body.replace_peer;
  return { replace_peer: shown };
}
