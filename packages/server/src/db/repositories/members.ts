import { ProtectorError } from "@protector/contract";
import type { Insertable, Selectable, Updateable } from "kysely";
import { isDuplicate } from "../constraint.ts";
import { type ListRequest, list } from "../list.ts";
import type { PgMembersTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type MemberRow = Selectable<PgMembersTable>;

/** Members of a group, in their order unless sorted otherwise. */
export function listMembers(db: Db, groupId: string, request: ListRequest = {}): Promise<MemberRow[]> {
  return list(
    {
      query: db.selectFrom("pg_members").selectAll("pg_members").where("protection_group_id", "=", groupId),
      table: "pg_members",
      tieBreak: ["id"],
      defaultSort: [{ column: "position", direction: "asc" }],
    },
    request,
  );
}

export function findMember(
  db: Db,
  { id, groupId }: { readonly id: string; readonly groupId: string },
): Promise<MemberRow | undefined> {
  return db
    .selectFrom("pg_members")
    .selectAll()
    .where("id", "=", id)
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
}

/** The member that a server is, at home or at the other site. */
export function findMemberOfServer(db: Db, serverId: string): Promise<MemberRow | undefined> {
  return db
    .selectFrom("pg_members")
    .selectAll()
    .where((where) => where.or([where("home_server_id", "=", serverId), where("peer_server_id", "=", serverId)]))
    .executeTakeFirst();
}

/** Members of all groups of a project whose home a site is. */
export function homeMembers(
  db: Db,
  { projectId, siteId }: { readonly projectId: string; readonly siteId: string },
): Promise<MemberRow[]> {
  return db
    .selectFrom("pg_members")
    .innerJoin("protection_groups", "protection_groups.id", "pg_members.protection_group_id")
    .selectAll("pg_members")
    .where("protection_groups.project_id", "=", projectId)
    .where("protection_groups.home_site_id", "=", siteId)
    .where("protection_groups.deleted_at", "is", null)
    .orderBy("pg_members.name")
    .execute();
}

/** Position after the last member. */
export async function nextMemberPosition(db: Db, groupId: string): Promise<number> {
  const row = await db
    .selectFrom("pg_members")
    .select((builder) => builder.fn.max("position").as("last"))
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
  return row?.last == null ? 0 : Number(row.last) + 1;
}

/** @throws ProtectorError `member.already_protected` naming the group that has the server. */
export async function insertMember(db: Db, row: Insertable<PgMembersTable>): Promise<void> {
  try {
    await db.insertInto("pg_members").values(row).execute();
  } catch (error) {
    if (!isDuplicate(error, "uq_members_home_server", "home_server_id")) throw error;
    throw new ProtectorError(
      "member.already_protected",
      `Server ${row.home_server_id} is a member of ${await groupOfServer(db, row.home_server_id ?? "")}.`,
      { cause: error },
    );
  }
}

async function groupOfServer(db: Db, serverId: string): Promise<string> {
  const group = await db
    .selectFrom("pg_members")
    .innerJoin("protection_groups", "protection_groups.id", "pg_members.protection_group_id")
    .select("protection_groups.id")
    .where("pg_members.home_server_id", "=", serverId)
    .executeTakeFirst();
  return group ? `protection group ${group.id}` : "another protection group";
}

/** @returns whether there is such a member. */
export async function updateMember(db: Db, id: string, changes: Updateable<PgMembersTable>): Promise<boolean> {
  const result = await db.updateTable("pg_members").set(changes).where("id", "=", id).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** @returns whether there was such a member. */
export async function deleteMember(db: Db, id: string): Promise<boolean> {
  const result = await db.deleteFrom("pg_members").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
