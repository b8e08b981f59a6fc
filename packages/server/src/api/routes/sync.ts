import { ProtectorError, type SyncDocument, type SyncReceipt, type SyncState } from "@protector/contract";
import { isoTimeOrNull, writeTime } from "../../db/codecs.ts";
import {
  findProtectionGroupRow,
  type ProtectionGroupRow,
  updateProtectionGroup,
} from "../../db/repositories/protection-groups.ts";
import { findSite, type SiteRow } from "../../db/repositories/sites.ts";
import { findMappingOfProject } from "../../db/repositories/tenant-mappings.ts";
import { type Db, inTransaction } from "../../db/transaction.ts";
import { removeGroup } from "../../domain/apply-document.ts";
import { makeDocument, makeReceipt } from "../../domain/group-document.ts";
import { requireOwnVersion, requireTrustedDocument, requireTrustedReceipt } from "../../domain/sync-rules.ts";
import { syncStatusOf } from "../../domain/sync-status.ts";
import { audit } from "../audit.ts";
import { takeDocument } from "../changes/take-document.ts";
import { type Call, callerOf, type Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

type Names = "sync.show" | "sync.document" | "sync.update" | "sync.receipt" | "sync.force";

export function syncHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, identity, secrets, random, clock } = ports;
  const state = async (path: GroupPath) => ({ sync: await syncState(database.db, path, identity.siteId) });
  return {
    "sync.show": async ({ path }) => ({ body: await state(path) }),
    "sync.document": async ({ path }) => {
      const group = await requireRow(database.db, path);
      const peer = await requirePeerOf(database.db, group);
      const document = { db: database.db, identity, secrets, random, now: clock.now() };
      return { body: await makeDocument(document, group, peer.sealing_public_key) };
    },
    "sync.update": async (call) => ({ body: await receive(ports, call, { document: call.body }) }),
    "sync.force": async (call) => ({ body: await receive(ports, call, call.body) }),
    "sync.receipt": async (call) => {
      const held = await keepReceipt(ports, call);
      return { body: held ? await state(call.path) : { sync: settledState(call.body) } };
    },
  };
}

interface GroupPath {
  readonly id: string;
  readonly project_id: string;
}

/** A tombstone too: its document and receipt still have to travel. */
async function requireRow(db: Db, { id, project_id }: GroupPath): Promise<ProtectionGroupRow> {
  const group = await findProtectionGroupRow(db, id);
  if (group?.project_id === project_id) return group;
  throw new ProtectorError("protection_group.not_found", `There is no protection group ${id}.`);
}

async function requirePeerOf(db: Db, group: ProtectionGroupRow): Promise<SiteRow> {
  const peer = await findSite(db, group.peer_site_id);
  if (!peer) throw new ProtectorError("site.not_found", `The peer site ${group.peer_site_id} is not registered.`);
  return peer;
}

async function syncState(db: Db, path: GroupPath, localSiteId: string): Promise<SyncState> {
  const group = await requireRow(db, path);
  const peer = await requirePeerOf(db, group);
  return {
    status: syncStatusOf(group, peer.reachability),
    is_primary_here: group.primary_site_id === localSiteId,
    epoch: group.epoch,
    generation: group.generation,
    digest: group.digest,
    peer_generation: group.peer_generation,
    peer_digest: group.peer_digest,
    peer_receipt_at: isoTimeOrNull(group.peer_receipt_at),
    peer_reachability: peer.reachability,
    peer_reachability_reason: peer.reachability_reason,
  };
}

async function receive(
  ports: ApiPorts,
  call: Call<"sync.update"> | Call<"sync.force">,
  { document, reason }: { readonly document: SyncDocument; readonly reason?: string },
): Promise<SyncReceipt> {
  const { database, identity, clock, trusts } = ports;
  const { id: groupId, project_id } = call.path;
  const peer = await findSite(database.db, document.site_id);
  const mapping = peer && (await findMappingOfProject(database.db, { siteId: peer.id, localProjectId: project_id }));
  requireTrustedDocument(document, { groupId, peer }, { local: project_id, peer: mapping?.peer_project_id });
  if (!document.is_deleted) await trusts.ensure(callerOf(call), project_id, call.requestId);
  await takeDocument(ports, { call, document, ...(reason === undefined ? {} : { reason }) });
  return makeReceipt({ identity, now: clock.now() }, document);
}

/** @returns whether the group is still there: the receipt of a deletion ends its tombstone. */
async function keepReceipt(ports: ApiPorts, call: Call<"sync.receipt">): Promise<boolean> {
  const { database } = ports;
  const receipt = call.body;
  const peer = await findSite(database.db, receipt.site_id);
  requireTrustedReceipt(receipt, { groupId: call.path.id, peer });
  return inTransaction(database.db, async (transaction) => {
    const group = await requireRow(transaction, call.path);
    if (receipt.site_id !== group.peer_site_id) {
      throw new ProtectorError("sync.untrusted", `Site ${receipt.site_id} is not the peer of "${group.name}".`);
    }
    requireOwnVersion(group, receipt);
    if (group.deleted_at !== null && receipt.epoch === group.epoch && receipt.generation === group.generation) {
      await removeGroup(transaction, group.id);
      const event = { action: "sync.receipt", targetType: "protection_group", targetId: group.id };
      await audit(ports, transaction, { call, ...event, detail: { is_deleted: true, name: group.name } });
      return false;
    }
    // Of an epoch before, or repeated late: it says nothing new.
    if (receipt.epoch !== group.epoch || receipt.generation < (group.peer_generation ?? 0)) return true;
    await updateProtectionGroup(transaction, {
      id: group.id,
      changes: {
        peer_generation: receipt.generation,
        peer_digest: receipt.digest,
        peer_receipt_at: writeTime(Date.parse(receipt.issued_at)),
      },
    });
    return true;
  });
}

/** What is left to say about a group that is gone on both sites. */
function settledState(receipt: SyncReceipt): SyncState {
  return {
    status: "IN SYNC",
    is_primary_here: true,
    epoch: receipt.epoch,
    generation: receipt.generation,
    digest: receipt.digest,
    peer_generation: receipt.generation,
    peer_digest: receipt.digest,
    peer_receipt_at: receipt.issued_at,
    peer_reachability: "unknown",
    peer_reachability_reason: null,
  };
}
