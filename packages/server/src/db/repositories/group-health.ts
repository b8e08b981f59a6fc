import { sql } from "kysely";
import type { ProtectionGroupsTable, SitesTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

/** What is known of how well a group is protected. */
export type GroupHealthRow = Pick<
  ProtectionGroupsTable,
  | "id"
  | "project_id"
  | "name"
  | "status"
  | "primary_site_id"
  | "protection"
  | "generation"
  | "digest"
  | "peer_generation"
  | "peer_digest"
  | "given_up_at"
  | "is_failover_ready"
  | "last_recovery_point_at"
  | "pod"
  | "readiness_due_at"
> & {
  readonly peer_reachability: SitesTable["reachability"];
  readonly rpo_minutes: number | null;
  /** s between scheduled points. */
  readonly replication_interval: number | null;
  readonly critical_findings: number;
  readonly warnings: number;
};

/**
 * Living groups with their RPO and what readiness finds of them now.
 * @param scope `projectId`; without it, of all projects.
 */
export async function listGroupHealth(
  db: Db,
  scope: { readonly projectId?: string } = {},
): Promise<readonly GroupHealthRow[]> {
  const open = db
    .selectFrom("readiness_findings")
    .select([
      "protection_group_id",
      sql<number>`sum(case when severity = 'critical' then 1 else 0 end)`.as("critical_findings"),
      sql<number>`sum(case when severity = 'warning' then 1 else 0 end)`.as("warnings"),
    ])
    .where("gone_at", "is", null)
    .groupBy("protection_group_id")
    .as("open");
  let query = db
    .selectFrom("protection_groups as pg")
    .innerJoin("sites as peer", "peer.id", "pg.peer_site_id")
    .leftJoin("replication_policies as policy", "policy.protection_group_id", "pg.id")
    .leftJoin(open, "open.protection_group_id", "pg.id")
    .select([
      "pg.id",
      "pg.project_id",
      "pg.name",
      "pg.status",
      "pg.primary_site_id",
      "pg.protection",
      "pg.generation",
      "pg.digest",
      "pg.peer_generation",
      "pg.peer_digest",
      "pg.given_up_at",
      "pg.is_failover_ready",
      "pg.last_recovery_point_at",
      "pg.pod",
      "pg.readiness_due_at",
      "peer.reachability as peer_reachability",
      "policy.rpo_minutes",
      "policy.replication_interval",
      "open.critical_findings",
      "open.warnings",
    ])
    .where("pg.deleted_at", "is", null);
  if (scope.projectId !== undefined) query = query.where("pg.project_id", "=", scope.projectId);
  const rows = await query.orderBy("pg.name").orderBy("pg.id").execute();
  return rows.map((row) => ({
    ...row,
    critical_findings: Number(row.critical_findings ?? 0),
    warnings: Number(row.warnings ?? 0),
  }));
}
