import { ProtectorError, type ServerDescription } from "@protector/contract";
import { readJson, readOptionalJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import type {
  CgVolumesTable,
  ConsistencyGroupsTable,
  PgMembersTable,
  ProtectionGroupsTable,
  ReplicationPoliciesTable,
} from "../../db/schema.ts";
import type { MappingRow } from "./mapping.ts";

/** A member with its JSON read. */
export interface MemberView {
  readonly row: PgMembersTable;
  readonly id: string;
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly description: ServerDescription | null;
}

/** A group with everything that belongs to it, as this site's database holds it. */
export interface GroupView {
  readonly group: ProtectionGroupsTable;
  readonly members: readonly MemberView[];
  readonly policy: ReplicationPoliciesTable | undefined;
  /** The group's own, and its copies of the project's defaults: those at this site may be of the other direction. */
  readonly mappings: readonly MappingRow[];
  readonly consistencyGroups: readonly ConsistencyGroupsTable[];
  readonly volumes: readonly CgVolumesTable[];
}

/** @throws ProtectorError `protection_group.not_found` */
export async function loadGroup(connection: DatabaseConnection, groupId: string): Promise<GroupView> {
  const { db } = connection;
  const group = await db.selectFrom("protection_groups").selectAll().where("id", "=", groupId).executeTakeFirst();
  if (!group) throw new ProtectorError("protection_group.not_found", `There is no protection group ${groupId}.`);
  const members = await db
    .selectFrom("pg_members")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .orderBy("position")
    .orderBy("id")
    .execute();
  const policy = await db
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .executeTakeFirst();
  const mappings = await db
    .selectFrom("resource_mappings")
    .selectAll()
    .where("project_id", "=", group.project_id)
    .where("protection_group_id", "=", groupId)
    .execute();
  const consistencyGroups = await db
    .selectFrom("consistency_groups")
    .selectAll()
    .where("protection_group_id", "=", groupId)
    .execute();
  const volumes = await db
    .selectFrom("cg_volumes")
    .innerJoin("consistency_groups", "consistency_groups.id", "cg_volumes.consistency_group_id")
    .selectAll("cg_volumes")
    .where("consistency_groups.protection_group_id", "=", groupId)
    .orderBy("cg_volumes.position")
    .execute();
  return {
    group,
    members: members.map((row) => ({
      row,
      id: row.id,
      name: row.name,
      dependsOn: readJson(row.depends_on),
      description: readOptionalJson(row.description),
    })),
    policy,
    mappings: mappings.map((row) => ({ kind: row.kind, sourceId: row.source_id, targetId: row.target_id })),
    consistencyGroups,
    volumes,
  };
}

/** Server of a member at one of the group's two sites; null when it has none there. */
export function serverAt(view: GroupView, member: MemberView, siteId: string): string | null {
  return view.group.home_site_id === siteId ? member.row.home_server_id : member.row.peer_server_id;
}
