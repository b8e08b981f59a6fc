import { createHash } from "node:crypto";
import { canonicalJson, type DecidedGroup } from "@protector/contract";
import { readJson, readOptionalJson } from "../db/codecs.ts";
import type {
  PgMembersTable,
  ProtectionGroupsTable,
  ReplicationPoliciesTable,
  ResourceMappingsTable,
} from "../db/schema.ts";
import type { Db } from "../db/transaction.ts";

/** What people decided about a group, from its rows. */
export async function readDecided(db: Db, group: ProtectionGroupsTable, localSiteId: string): Promise<DecidedGroup> {
  const members = await db
    .selectFrom("pg_members")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .where("status", "!=", "adding")
    .execute();
  const mappings = await db
    .selectFrom("resource_mappings")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .execute();
  const policy = await db
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .executeTakeFirst();
  return {
    name: group.name,
    description: group.description,
    replication_type: group.replication_type,
    home_site_id: group.home_site_id,
    other_site_id: group.home_site_id === localSiteId ? group.peer_site_id : localSiteId,
    members: members.map(decidedMember).sort((a, b) => a.position - b.position || order(a.id, b.id)),
    mappings: mappings.map(decidedMapping).sort((a, b) => order(a.kind, b.kind) || order(a.source_id, b.source_id)),
    hooks: [...(readOptionalJson(group.hooks) ?? [])],
    policy: policy ? decidedPolicy(policy) : null,
  };
}

/** SHA-256 of what was decided, hex; the same on both sites. */
export function digestOf(decided: DecidedGroup): string {
  return createHash("sha256").update(canonicalJson(decided)).digest("hex");
}

function decidedMember(row: PgMembersTable): DecidedGroup["members"][number] {
  return {
    id: row.id,
    position: row.position,
    tier: row.tier,
    depends_on: [...readJson(row.depends_on)].sort(),
    delay_seconds: row.delay_seconds,
    is_critical: row.is_critical === 1,
    user_data: row.user_data,
    gate: readOptionalJson(row.gate),
    nics: [...(readOptionalJson(row.nics) ?? [])],
  };
}

function decidedMapping(row: ResourceMappingsTable): DecidedGroup["mappings"][number] {
  return { kind: row.kind, source_id: row.source_id, target_id: row.target_id, origin: row.origin ?? "group" };
}

function decidedPolicy(row: ReplicationPoliciesTable): DecidedGroup["policy"] {
  return {
    id: row.id,
    primary_fa_url: row.primary_fa_url,
    secondary_fa_url: row.secondary_fa_url,
    primary_backend: row.primary_backend,
    secondary_backend: row.secondary_backend,
    pod: row.pod,
    replication_interval: row.replication_interval,
    rpo_minutes: row.rpo_minutes,
    rto_minutes: row.rto_minutes,
    retention: readJson(row.retention),
  };
}

/** Order of code units: the same in every locale. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
