import type { Insertable, Selectable } from "kysely";
import type { CgVolumesTable, ConsistencyGroupsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type ConsistencyGroupRow = Selectable<ConsistencyGroupsTable>;
export type VolumeRow = Selectable<CgVolumesTable>;

/** The storage side of a group, one row per site. */
export function listConsistencyGroups(db: Db, groupId: string): Promise<ConsistencyGroupRow[]> {
  return db
    .selectFrom("consistency_groups")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** The storage side of a group at one site. */
export function findConsistencyGroup(
  db: Db,
  { groupId, siteId }: { readonly groupId: string; readonly siteId: string },
): Promise<ConsistencyGroupRow | undefined> {
  return db
    .selectFrom("consistency_groups")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .where("site_id", "=", siteId)
    .executeTakeFirst();
}

export async function insertConsistencyGroup(db: Db, row: Insertable<ConsistencyGroupsTable>): Promise<void> {
  await db.insertInto("consistency_groups").values(row).execute();
}

/** A group's volumes with the site that each is at, by member and in order. */
export function listVolumes(db: Db, groupId: string): Promise<(VolumeRow & { readonly site_id: string })[]> {
  return db
    .selectFrom("cg_volumes")
    .innerJoin("consistency_groups", "consistency_groups.id", "cg_volumes.consistency_group_id")
    .selectAll("cg_volumes")
    .select("consistency_groups.site_id")
    .where("consistency_groups.protection_group_id", "=", groupId)
    .orderBy("cg_volumes.member_id")
    .orderBy("cg_volumes.position")
    .execute();
}

export async function insertVolumes(db: Db, rows: readonly Insertable<CgVolumesTable>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto("cg_volumes").values(rows).execute();
}

/** Replaces a member's volumes at one site. */
export async function replaceVolumesOfMember(
  db: Db,
  {
    consistencyGroupId,
    memberId,
    rows,
  }: {
    readonly consistencyGroupId: string;
    readonly memberId: string;
    readonly rows: readonly Insertable<CgVolumesTable>[];
  },
): Promise<void> {
  await db
    .deleteFrom("cg_volumes")
    .where("consistency_group_id", "=", consistencyGroupId)
    .where("member_id", "=", memberId)
    .execute();
  await insertVolumes(db, rows);
}
