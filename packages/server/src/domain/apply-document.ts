import { ProtectorError, SEALED_NAMES, type SealedName } from "@protector/contract";
import type { Random } from "@protector/ports";
import type { Transaction } from "kysely";
import { newProtectionGroupRow } from "../db/new-rows.ts";
import { replaceMappings } from "../db/repositories/mappings.ts";
import { deleteMember, insertMember, listMembers, updateMember } from "../db/repositories/members.ts";
import { findOperation } from "../db/repositories/operations.ts";
import {
  deleteProtectionGroup,
  findProtectionGroupRow,
  insertProtectionGroup,
  type ProtectionGroupRow,
  updateProtectionGroup,
} from "../db/repositories/protection-groups.ts";
import { saveRecoveryPoint } from "../db/repositories/recovery-points.ts";
import { deleteReplicationPolicy, findReplicationPolicy } from "../db/repositories/replication-policies.ts";
import type { Database } from "../db/schema.ts";
import { applyStorage } from "./apply-storage.ts";
import { writeJson, writeOptionalJson, writeOptionalTime, writeTime } from "./document-codecs.ts";
import { type DocumentContext, memberValues, operationRows, recoveryPointRows } from "./document-rows.ts";
import { primaryOfEpoch } from "./epochs.ts";
import { sealingContext } from "./group-document.ts";
import { removePolicy } from "./policy-removal.ts";
import type { SecretStore } from "./secrets.ts";
import { oweFence, supersedeResting } from "./yield-to-peer.ts";

type Rows = Transaction<Database>;

/** What applying a document needs beside the document. */
export interface ApplyPorts {
  readonly secrets: SecretStore;
  readonly random: Random;
}

/**
 * Writes a trusted document that is newer than what this site holds. A deleted group goes with everything it holds.
 * @throws ProtectorError `protection_group.name_exists`, `member.already_protected`, `secrets.unavailable`.
 */
export async function applyDecisions(transaction: Rows, ports: ApplyPorts, context: DocumentContext): Promise<void> {
  const { document, projectId } = context;
  const groupId = document.protection_group_id;
  if (document.is_deleted) {
    await removeGroup(transaction, groupId);
    await applyOperations(transaction, context);
    return;
  }
  const held = await findProtectionGroupRow(transaction, groupId);
  if (held && document.epoch > held.epoch) await yieldTo(transaction, ports, { held, context });
  await saveGroup(transaction, held, context);
  await saveMembers(transaction, context);
  const rows = document.decided.mappings.map(({ origin, ...mapping }) => ({
    ...mapping,
    origin: origin === "default" ? origin : null,
    id: ports.random.uuid(),
    created_at: writeTime(context.now),
  }));
  await replaceMappings(transaction, { projectId, groupId }, rows);
  await savePolicy(transaction, ports, context);
}

/** A document of a newer primary role: what rests here is over, and what ran here is fenced. */
async function yieldTo(
  transaction: Rows,
  { random }: ApplyPorts,
  { held, context }: { readonly held: ProtectionGroupRow; readonly context: DocumentContext },
): Promise<void> {
  const { document, identity, now } = context;
  const takeover = { group: held, localSiteId: identity.siteId, epoch: document.epoch, now: writeTime(now) };
  if (primaryOfEpoch(document.epoch, [identity.siteId, document.site_id]) === identity.siteId) return;
  await oweFence(transaction, random, takeover);
  await supersedeResting(transaction, takeover);
}

/** Writes the runtime state of a trusted document whose decisions this site holds already. */
export async function applyObserved(transaction: Rows, context: DocumentContext): Promise<void> {
  const { document, identity, now } = context;
  const { observed } = document;
  const held = await findProtectionGroupRow(transaction, document.protection_group_id);
  if (!held) return;
  // An operation that runs here knows better than the other site.
  if (held.primary_site_id !== identity.siteId && held.current_operation_id === null) {
    await updateProtectionGroup(transaction, {
      id: held.id,
      changes: {
        status: observed.status,
        protection: observed.protection,
        protection_reason: observed.protection_reason,
        last_recovery_point_at: writeOptionalTime(observed.last_recovery_point_at),
        updated_at: writeTime(now),
      },
    });
    await saveMembers(transaction, context);
  }
  await applyStorage(transaction, context);
  for (const point of recoveryPointRows(context)) {
    if (point.source_site_id !== identity.siteId) await saveRecoveryPoint(transaction, point);
  }
  await applyOperations(transaction, context);
}

/** Remembers that the peer holds what the document says: a signed document is as good as a receipt. */
export async function notePeerVersion(transaction: Rows, { document }: DocumentContext): Promise<void> {
  await updateProtectionGroup(transaction, {
    id: document.protection_group_id,
    changes: {
      peer_generation: document.generation,
      peer_digest: document.digest,
      peer_receipt_at: writeTime(Date.parse(document.issued_at)),
    },
  });
}

/** Forgets a group for good, its secrets too. Its operations stay as history. */
export async function removeGroup(transaction: Rows, groupId: string): Promise<void> {
  await deleteReplicationPolicy(transaction, groupId);
  await deleteProtectionGroup(transaction, groupId);
}

async function saveGroup(transaction: Rows, held: ProtectionGroupRow | undefined, context: DocumentContext) {
  const { document, identity, projectId, now } = context;
  const { decided, observed } = document;
  const pair = [decided.home_site_id, decided.other_site_id] as const;
  const values = {
    name: decided.name,
    description: decided.description,
    status: observed.status,
    protection: observed.protection,
    protection_reason: observed.protection_reason,
    replication_type: decided.replication_type,
    home_site_id: decided.home_site_id,
    primary_site_id: primaryOfEpoch(document.epoch, pair),
    peer_site_id: document.site_id,
    epoch: document.epoch,
    generation: document.generation,
    digest: document.digest,
    hooks: writeOptionalJson(decided.hooks.length > 0 ? decided.hooks : null),
    last_recovery_point_at: writeOptionalTime(observed.last_recovery_point_at),
    given_up_at: null,
    deleted_at: null,
    updated_at: writeTime(now),
  };
  if (!pair.includes(identity.siteId)) {
    throw new ProtectorError("sync.untrusted", "The document is of a group that this site has no part in.");
  }
  if (held) {
    await updateProtectionGroup(transaction, { id: held.id, changes: values });
    return;
  }
  const row = { ...values, id: document.protection_group_id, project_id: projectId, created_at: writeTime(now) };
  await insertProtectionGroup(transaction, newProtectionGroupRow(row));
}

async function saveMembers(transaction: Rows, context: DocumentContext): Promise<void> {
  const { document, now } = context;
  const held = new Set((await listMembers(transaction, document.protection_group_id)).map(({ id }) => id));
  const observed = new Map(document.observed.members.map((member) => [member.id, member]));
  for (const decided of document.decided.members) {
    const values = memberValues(decided, observed.get(decided.id), context);
    if (held.delete(decided.id)) await updateMember(transaction, decided.id, values);
    else await insertMember(transaction, { ...values, created_at: writeTime(now) });
  }
  for (const id of held) await deleteMember(transaction, id);
}

async function savePolicy(transaction: Rows, ports: ApplyPorts, context: DocumentContext): Promise<void> {
  const { document, identity, now } = context;
  const groupId = document.protection_group_id;
  const held = await findReplicationPolicy(transaction, groupId);
  const { policy } = document.decided;
  if (!policy) {
    if (held) await removePolicy(transaction, groupId, writeTime(now));
    return;
  }
  await deleteReplicationPolicy(transaction, groupId);
  const keep = async (name: SealedName): Promise<string | null> => {
    const sealed = document.sealed[name];
    if (sealed === undefined) return null;
    const text = openToken(() => identity.unseal(sealed, sealingContext(document.site_id, groupId, name)));
    return ports.secrets.put(transaction, { purpose: "array_token", text }, now);
  };
  const [primaryName, secondaryName] = SEALED_NAMES;
  await transaction
    .insertInto("replication_policies")
    .values({
      ...policy,
      protection_group_id: groupId,
      primary_token_secret_id: await keep(primaryName),
      secondary_token_secret_id: await keep(secondaryName),
      retention: writeJson(policy.retention),
      created_at: held?.created_at ?? writeTime(now),
      updated_at: writeTime(now),
    })
    .execute();
}

function openToken(open: () => string): string {
  try {
    return open();
  } catch (cause) {
    throw new ProtectorError("sync.untrusted", "An array token was not sealed for this site.", { cause });
  }
}

async function applyOperations(transaction: Rows, context: DocumentContext): Promise<void> {
  for (const row of operationRows(context)) {
    const held = await findOperation(transaction, { id: row.id });
    if (!held) await transaction.insertInto("dr_operations").values(row).execute();
    else if (held.site_id === row.site_id && held.protection_group_id === row.protection_group_id) {
      const { id, created_at: _, ...changes } = row;
      await transaction.updateTable("dr_operations").set(changes).where("id", "=", id).execute();
    }
  }
}
