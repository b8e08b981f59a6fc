import {
  ENDED_OPERATION_STATUSES,
  type KeptChoice,
  type ObservedGroup,
  SEALED_NAMES,
  type SealedName,
  SYNC_HISTORY_LIMIT,
  type SyncDocument,
  type SyncReceipt,
} from "@protector/contract";
import type { Random } from "@protector/ports";
import { isoTimeOrNull, readJson, readOptionalJson } from "../db/codecs.ts";
import { listConsistencyGroups, listVolumes } from "../db/repositories/consistency-groups.ts";
import { listMembers, type MemberRow } from "../db/repositories/members.ts";
import type { OperationRow } from "../db/repositories/operations.ts";
import type { ProtectionGroupRow } from "../db/repositories/protection-groups.ts";
import { listRecoveryPoints } from "../db/repositories/recovery-points.ts";
import { findReplicationPolicy } from "../db/repositories/replication-policies.ts";
import type { Db } from "../db/transaction.ts";
import { digestOf, readDecided } from "./decided-group.ts";
import { operationFacts } from "./operation-facts.ts";
import { recoveryPointOf } from "./recovery-points.ts";
import { seal } from "./sealing.ts";
import type { SecretStore } from "./secrets.ts";
import type { SiteIdentity } from "./site-identity.ts";

/** What a document is made with. */
export interface DocumentPorts {
  readonly db: Db;
  readonly identity: SiteIdentity;
  readonly secrets: SecretStore;
  readonly random: Random;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/** Binds a sealed token to its group, its place and the site that sealed it. */
export function sealingContext(siteId: string, groupId: string, name: SealedName): string {
  return `${siteId}:${groupId}:${name}`;
}

/**
 * Everything the peer has to know about a group, signed by this site.
 * @param peerSealingKey 32 bytes, base64.
 * @throws ProtectorError `secrets.unavailable`.
 */
export async function makeDocument(
  ports: DocumentPorts,
  group: ProtectionGroupRow,
  peerSealingKey: string,
): Promise<SyncDocument> {
  const { db, identity, now } = ports;
  const decided = await readDecided(db, group, identity.siteId);
  return identity.sign({
    format: 1 as const,
    site_id: identity.siteId,
    protection_group_id: group.id,
    project_id: group.project_id,
    epoch: group.epoch,
    generation: group.generation,
    is_deleted: group.deleted_at !== null,
    ...((await areSnapshotsKept(db, group)) ? { are_snapshots_kept: true as const } : {}),
    digest: digestOf(decided),
    decided,
    observed: await readObserved(db, group),
    sealed: await sealTokens(ports, group.id, peerSealingKey),
    issued_at: new Date(now).toISOString(),
  });
}

/** Whether a person has said at its deletion that what was kept of a group's volumes stays on the arrays. */
async function areSnapshotsKept(db: Db, group: ProtectionGroupRow): Promise<boolean> {
  if (group.deleted_at === null) return false;
  const deletions = await db
    .selectFrom("dr_operations")
    .select("parameters")
    .where("protection_group_id", "=", group.id)
    .where("type", "=", "group_delete")
    .execute();
  return deletions.some(({ parameters }) => {
    const { kept_snapshots } = readJson(parameters) as { readonly kept_snapshots?: KeptChoice };
    return kept_snapshots === "keep";
  });
}

/** This site's word that it holds what a group's row says. */
export function makeReceipt(
  { identity, now }: Pick<DocumentPorts, "identity" | "now">,
  held: Pick<SyncDocument, "protection_group_id" | "epoch" | "generation" | "digest">,
): SyncReceipt {
  return identity.sign({
    format: 1 as const,
    site_id: identity.siteId,
    protection_group_id: held.protection_group_id,
    epoch: held.epoch,
    generation: held.generation,
    digest: held.digest,
    issued_at: new Date(now).toISOString(),
  });
}

async function sealTokens(
  { db, identity, secrets, random }: DocumentPorts,
  groupId: string,
  publicKey: string,
): Promise<Record<string, string>> {
  const policy = await findReplicationPolicy(db, groupId);
  const secretIds: Readonly<Record<SealedName, string | null | undefined>> = {
    primary_fa_api_token: policy?.primary_token_secret_id,
    secondary_fa_api_token: policy?.secondary_token_secret_id,
  };
  const sealed: Record<string, string> = {};
  for (const name of SEALED_NAMES) {
    const id = secretIds[name];
    if (id == null) continue;
    const text = await secrets.read(db, id, "array_token");
    sealed[name] = seal(text, { publicKey, context: sealingContext(identity.siteId, groupId, name) }, random);
  }
  return sealed;
}

async function readObserved(db: Db, group: ProtectionGroupRow): Promise<ObservedGroup> {
  const members = await listMembers(db, group.id);
  return {
    status: group.status,
    protection: group.protection,
    protection_reason: group.protection_reason,
    last_recovery_point_at: isoTimeOrNull(group.last_recovery_point_at),
    members: members.filter(({ status }) => status !== "adding").map(observedMember),
    consistency_groups: await observedStorage(db, group.id),
    recovery_points: await observedPoints(db, group.id),
    operations: await observedOperations(db, group.id),
  };
}

function observedMember(row: MemberRow): ObservedGroup["members"][number] {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    home_server_id: row.home_server_id,
    peer_server_id: row.peer_server_id,
    description: readOptionalJson(row.description),
    captured_at: isoTimeOrNull(row.captured_at),
    error: readOptionalJson(row.error),
  };
}

async function observedStorage(db: Db, groupId: string): Promise<ObservedGroup["consistency_groups"]> {
  const volumes = await listVolumes(db, groupId);
  const groups = await listConsistencyGroups(db, groupId);
  return groups.map((row) => ({
    id: row.id,
    site_id: row.site_id,
    array_id: row.array_id,
    array_name: row.array_name,
    array_group: row.array_group,
    cinder_group_id: row.cinder_group_id,
    volumes: volumes
      .filter((volume) => volume.consistency_group_id === row.id)
      .map(({ id, member_id, position, volume_id, array_volume, size_gib }) => ({
        id,
        member_id,
        position,
        volume_id,
        array_volume,
        size_gib,
      })),
  }));
}

async function observedPoints(db: Db, groupId: string): Promise<ObservedGroup["recovery_points"]> {
  const rows = await listRecoveryPoints(db, groupId, { limit: SYNC_HISTORY_LIMIT });
  return rows.map(recoveryPointOf);
}

async function observedOperations(db: Db, groupId: string): Promise<ObservedGroup["operations"]> {
  const rows = await db
    .selectFrom("dr_operations")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .where("status", "in", ENDED_OPERATION_STATUSES)
    .where("is_dry_run", "=", 0)
    .orderBy("created_at", "desc")
    .limit(SYNC_HISTORY_LIMIT)
    .execute();
  return rows.map(observedOperation);
}

function observedOperation(row: OperationRow): ObservedGroup["operations"][number] {
  return {
    ...operationFacts(row),
    members: [...readJson(row.members)],
    expected_seconds: row.expected_seconds,
    step_seconds: readOptionalJson(row.step_seconds),
  };
}
