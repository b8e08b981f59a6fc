import { ProtectorError } from "@protector/contract";
import { type Insertable, type Selectable, type SelectQueryBuilder, sql, type Updateable } from "kysely";
import { isDuplicate } from "../constraint.ts";
import { type ListRequest, list } from "../list.ts";
import type { Database, ProtectionGroupsTable, SitesTable } from "../schema.ts";
import { type Db, isMariadb } from "../transaction.ts";

export type ProtectionGroupRow = Selectable<ProtectionGroupsTable>;

/** What a group's resource needs beside its row. */
export interface ProtectionGroupFacts {
  readonly member_count: number;
  readonly peer_reachability: SitesTable["reachability"];
  readonly peer_reachability_reason: string | null;
}
export type ProtectionGroupView = ProtectionGroupRow & ProtectionGroupFacts;
/** Without the checks of the last readiness run, which are many. */
export type ProtectionGroupSummary = Omit<ProtectionGroupRow, "readiness"> & ProtectionGroupFacts;

const SUMMARY_COLUMNS = [
  "protection_groups.id",
  "protection_groups.project_id",
  "protection_groups.name",
  "protection_groups.description",
  "protection_groups.status",
  "protection_groups.protection",
  "protection_groups.protection_reason",
  "protection_groups.replication_type",
  "protection_groups.home_site_id",
  "protection_groups.primary_site_id",
  "protection_groups.peer_site_id",
  "protection_groups.epoch",
  "protection_groups.generation",
  "protection_groups.digest",
  "protection_groups.peer_generation",
  "protection_groups.peer_digest",
  "protection_groups.peer_receipt_at",
  "protection_groups.current_operation_id",
  "protection_groups.hooks",
  "protection_groups.readiness_requested_at",
  "protection_groups.readiness_due_at",
  "protection_groups.is_failover_ready",
  "protection_groups.last_recovery_point_at",
  "protection_groups.pod",
  "protection_groups.given_up_at",
  "protection_groups.deleted_at",
  "protection_groups.created_at",
  "protection_groups.updated_at",
] as const;

/** Indexes that hold a whole order of groups; see `PageIndexes`. */
export const GROUP_PAGE_INDEXES: Readonly<Record<string, string>> = {
  "project_id created_at": "ix_groups_project_created",
  "project_id updated_at": "ix_groups_project_updated",
  "project_id name": "ix_groups_project_name",
  "project_id status": "ix_groups_project_status",
  "project_id status created_at": "ix_groups_project_status",
  "project_id protection": "ix_groups_project_protection",
  "project_id protection created_at": "ix_groups_project_protection",
  created_at: "ix_groups_created",
  updated_at: "ix_groups_updated",
  name: "ix_groups_name",
  status: "ix_groups_status",
  "status created_at": "ix_groups_status",
  protection: "ix_groups_protection",
  "protection created_at": "ix_groups_protection",
};

function summaries(db: Db) {
  return (
    db
      .selectFrom("protection_groups")
      // Its foreign key makes it an inner join; written as an outer one it cannot be read first, which would cost a sort.
      .leftJoin("sites as peer", "peer.id", "protection_groups.peer_site_id")
      .select(SUMMARY_COLUMNS)
      .select((builder) => [
        sql<number>`(${builder
          .selectFrom("pg_members")
          .select(builder.fn.countAll<number>().as("count"))
          .whereRef("pg_members.protection_group_id", "=", "protection_groups.id")})`.as("member_count"),
        builder.ref("peer.reachability").$notNull().as("peer_reachability"),
        "peer.reachability_reason as peer_reachability_reason",
      ])
  );
}

/**
 * Living groups, newest first unless sorted otherwise.
 * @param scope `projectId` of the caller; without it, of all projects.
 */
export function listProtectionGroups(
  db: Db,
  scope: { readonly projectId?: string },
  request: ListRequest = {},
): Promise<ProtectionGroupSummary[]> {
  let query = summaries(db).where("protection_groups.deleted_at", "is", null);
  if (scope.projectId !== undefined) query = query.where("protection_groups.project_id", "=", scope.projectId);
  return list(
    {
      query: query as unknown as SelectQueryBuilder<Database, "protection_groups", ProtectionGroupSummary>,
      table: "protection_groups",
      ...(isMariadb(db) && {
        pageIndexes: { fixed: scope.projectId === undefined ? [] : ["project_id"], names: GROUP_PAGE_INDEXES },
      }),
    },
    request,
  );
}

/** A living group; `projectId` limits to the caller's. */
export function findProtectionGroup(
  db: Db,
  { id, projectId }: { readonly id: string; readonly projectId?: string },
): Promise<ProtectionGroupView | undefined> {
  let query = summaries(db)
    .select("protection_groups.readiness")
    .where("protection_groups.id", "=", id)
    .where("protection_groups.deleted_at", "is", null);
  if (projectId !== undefined) query = query.where("protection_groups.project_id", "=", projectId);
  return query.executeTakeFirst();
}

/** A group's row, a tombstone's too. */
export function findProtectionGroupRow(db: Db, id: string): Promise<ProtectionGroupRow | undefined> {
  return db
    .selectFrom("protection_groups")
    .select(SUMMARY_COLUMNS)
    .select("protection_groups.readiness")
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Deleted groups whose deletion the peer has not confirmed. */
export function listTombstones(db: Db): Promise<ProtectionGroupRow[]> {
  return db
    .selectFrom("protection_groups")
    .select(SUMMARY_COLUMNS)
    .select("protection_groups.readiness")
    .where("deleted_at", "is not", null)
    .orderBy("deleted_at")
    .execute();
}

/** @throws ProtectorError `protection_group.name_exists` when a living group of the project has the name. */
export async function insertProtectionGroup(db: Db, row: Insertable<ProtectionGroupsTable>): Promise<void> {
  await refuseTakenName(row.name, () => db.insertInto("protection_groups").values(row).execute());
}

/**
 * @param expected values that the group must still have, so that no change of somebody else is lost.
 * @returns whether there is such a group with the expected values.
 * @throws ProtectorError `protection_group.name_exists` when another living group of the project has the new name.
 */
export async function updateProtectionGroup(
  db: Db,
  {
    id,
    changes,
    expected = {},
  }: {
    readonly id: string;
    readonly changes: Updateable<ProtectionGroupsTable>;
    readonly expected?: Partial<Pick<ProtectionGroupRow, "generation" | "epoch" | "status" | "current_operation_id">>;
  },
): Promise<boolean> {
  let query = db.updateTable("protection_groups").set(changes).where("id", "=", id);
  if (expected.generation !== undefined) query = query.where("generation", "=", expected.generation);
  if (expected.epoch !== undefined) query = query.where("epoch", "=", expected.epoch);
  if (expected.status !== undefined) query = query.where("status", "=", expected.status);
  if (expected.current_operation_id === null) query = query.where("current_operation_id", "is", null);
  else if (expected.current_operation_id !== undefined)
    query = query.where("current_operation_id", "=", expected.current_operation_id);
  const result = await refuseTakenName(changes.name ?? "", () => query.executeTakeFirst());
  return result.numUpdatedRows > 0n;
}

/**
 * Makes an operation the one that changes the group.
 * @throws ProtectorError `protection_group.busy` naming the operation that does already, `protection_group.not_found`.
 */
export async function claimProtectionGroup(
  db: Db,
  { id, operationId }: { readonly id: string; readonly operationId: string },
): Promise<void> {
  const result = await db
    .updateTable("protection_groups")
    .set({ current_operation_id: operationId })
    .where("id", "=", id)
    .where("current_operation_id", "is", null)
    .executeTakeFirst();
  if (result.numUpdatedRows > 0n) return;
  const holder = await db
    .selectFrom("protection_groups")
    .leftJoin("dr_operations", "dr_operations.id", "protection_groups.current_operation_id")
    .select(["protection_groups.name", "protection_groups.current_operation_id", "dr_operations.type"])
    .where("protection_groups.id", "=", id)
    // A transaction's snapshot may be older than the claim that has just won.
    .$if(isMariadb(db), (query) => query.modifyEnd(sql`lock in share mode`))
    .executeTakeFirst();
  if (!holder?.current_operation_id)
    throw new ProtectorError("protection_group.not_found", `There is no protection group ${id}.`);
  throw new ProtectorError(
    "protection_group.busy",
    `Protection group ${holder.name} is being changed by ${holder.type ?? "operation"} ${holder.current_operation_id}.`,
    { facts: { operation_id: holder.current_operation_id } },
  );
}

/** Ends the claim of an operation; one of another operation stays. */
export async function releaseProtectionGroup(
  db: Db,
  { id, operationId }: { readonly id: string; readonly operationId: string },
): Promise<boolean> {
  return updateProtectionGroup(db, {
    id,
    changes: { current_operation_id: null },
    expected: { current_operation_id: operationId },
  });
}

/** Removes a group for good, with everything that it holds. */
export async function deleteProtectionGroup(db: Db, id: string): Promise<boolean> {
  const result = await db.deleteFrom("protection_groups").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

async function refuseTakenName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isDuplicate(error, "uq_groups_live_name", "live_name")) throw error;
    throw new ProtectorError(
      "protection_group.name_exists",
      `The project has a protection group named "${name}" already.`,
      {
        cause: error,
      },
    );
  }
}

/** Groups of a project whose home a site is. */
export function groupsAtHome(
  db: Db,
  { projectId, siteId }: { readonly projectId: string; readonly siteId: string },
): Promise<{ readonly id: string; readonly name: string }[]> {
  return db
    .selectFrom("protection_groups")
    .select(["id", "name"])
    .where("project_id", "=", projectId)
    .where("home_site_id", "=", siteId)
    .where("deleted_at", "is", null)
    .orderBy("name")
    .execute();
}
