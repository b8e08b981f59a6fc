import type { MappingKind } from "@protector/contract";
import type { Transaction } from "kysely";
import type { Database, ProtectionGroupsTable, ResourceMappingsTable } from "../db/schema.ts";

/** What turning a group around needs beside its row. */
export interface TurnPorts {
  readonly newId: () => string;
  /** As the database writes it. */
  readonly now: string;
}

/**
 * Makes a group's primary its home, in the rows: what is written from the home site's point of view is turned around.
 *
 * | row | what becomes of it |
 * |---|---|
 * | members | the server at the primary is the one at home |
 * | policy | the primary's array is the first one |
 * | mappings | those of the group, its copies of the project's defaults included, are its own and lead the other way; what is for tests cannot be turned around and goes |
 */
export async function turnHome(
  trx: Transaction<Database>,
  group: Pick<ProtectionGroupsTable, "id" | "project_id" | "primary_site_id" | "home_site_id">,
  ports: TurnPorts,
): Promise<void> {
  if (group.primary_site_id === group.home_site_id) return;
  const members = await trx
    .selectFrom("pg_members")
    .select(["id", "home_server_id", "peer_server_id"])
    .where("protection_group_id", "=", group.id)
    .execute();
  for (const { id, home_server_id, peer_server_id } of members) {
    const turned = { home_server_id: peer_server_id, peer_server_id: home_server_id };
    await trx.updateTable("pg_members").set(turned).where("id", "=", id).execute();
  }
  await turnPolicy(trx, group.id);
  await turnMappings(trx, group, ports);
  await trx
    .updateTable("protection_groups")
    .set({ home_site_id: group.primary_site_id })
    .where("id", "=", group.id)
    .execute();
}

async function turnPolicy(trx: Transaction<Database>, groupId: string): Promise<void> {
  const policy = await trx
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
  if (!policy) return;
  await trx
    .updateTable("replication_policies")
    .set({
      primary_fa_url: policy.secondary_fa_url,
      primary_token_secret_id: policy.secondary_token_secret_id,
      primary_backend: policy.secondary_backend,
      secondary_fa_url: policy.primary_fa_url,
      secondary_token_secret_id: policy.primary_token_secret_id,
      secondary_backend: policy.primary_backend,
    })
    .where("id", "=", policy.id)
    .execute();
}

async function turnMappings(
  trx: Transaction<Database>,
  group: Pick<ProtectionGroupsTable, "id" | "project_id">,
  { newId, now }: TurnPorts,
): Promise<void> {
  const rows = await trx
    .selectFrom("resource_mappings")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .execute();
  const turned = turnedMappings(rows).map((row) => ({
    ...row,
    id: newId(),
    project_id: group.project_id,
    protection_group_id: group.id,
    created_at: now,
  }));
  await trx.deleteFrom("resource_mappings").where("protection_group_id", "=", group.id).execute();
  if (turned.length > 0) await trx.insertInto("resource_mappings").values(turned).execute();
}

/** Mappings that lead back; of several that lead to one resource the first counts, what was said for the group alone first. Pure. */
export function turnedMappings(
  rows: readonly Pick<ResourceMappingsTable, "kind" | "source_id" | "target_id" | "origin">[],
): readonly { readonly kind: MappingKind; readonly source_id: string; readonly target_id: string }[] {
  const own = [...rows].sort((a, b) => Number(a.origin === "default") - Number(b.origin === "default"));
  const effective = new Map<string, (typeof own)[number]>();
  for (const row of own) {
    const key = `${row.kind} ${row.source_id}`;
    if (!row.kind.startsWith("test_") && !effective.has(key)) effective.set(key, row);
  }
  const turned = new Map<string, { kind: MappingKind; source_id: string; target_id: string }>();
  for (const { kind, source_id, target_id } of effective.values()) {
    const key = `${kind} ${target_id}`;
    if (!turned.has(key)) turned.set(key, { kind, source_id: target_id, target_id: source_id });
  }
  return [...turned.values()];
}
