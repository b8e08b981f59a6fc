import type { OperationStatus } from "@protector/contract";
import type { Selectable, SelectQueryBuilder } from "kysely";
import { type ListRequest, list } from "../list.ts";
import type { Database, DrOperationStepsTable, DrOperationsTable } from "../schema.ts";
import { type Db, isMariadb } from "../transaction.ts";

export type OperationRow = Selectable<DrOperationsTable>;
/** Without what grows with the group. */
export type OperationSummary = Omit<
  OperationRow,
  "plan" | "members" | "parameters" | "expected_seconds" | "step_seconds"
>;
export type OperationStepRow = Selectable<DrOperationStepsTable>;

const SUMMARY_COLUMNS = [
  "dr_operations.id",
  "dr_operations.type",
  "dr_operations.mode",
  "dr_operations.status",
  "dr_operations.is_dry_run",
  "dr_operations.protection_group_id",
  "dr_operations.protection_group_name",
  "dr_operations.recovery_plan_id",
  "dr_operations.parent_id",
  "dr_operations.displaced_by",
  "dr_operations.project_id",
  "dr_operations.user_id",
  "dr_operations.site_id",
  "dr_operations.phase",
  "dr_operations.progress",
  "dr_operations.remaining_seconds",
  "dr_operations.status_reason",
  "dr_operations.error",
  "dr_operations.is_past_no_return",
  "dr_operations.undone_as",
  "dr_operations.request",
  "dr_operations.recovery_point",
  "dr_operations.data_loss_seconds",
  "dr_operations.downtime_seconds",
  "dr_operations.leftovers",
  "dr_operations.epoch",
  "dr_operations.lease_owner",
  "dr_operations.lease_number",
  "dr_operations.lease_expires_at",
  "dr_operations.next_look_at",
  "dr_operations.gives_up_at",
  "dr_operations.request_id",
  "dr_operations.idempotency_key",
  "dr_operations.idempotency_digest",
  "dr_operations.created_at",
  "dr_operations.started_at",
  "dr_operations.finished_at",
  "dr_operations.updated_at",
] as const;

/** Indexes that hold a whole order of operations; see `PageIndexes`. */
export const OPERATION_PAGE_INDEXES: Readonly<Record<string, string>> = {
  "project_id created_at": "ix_operations_project_created",
  "project_id updated_at": "ix_operations_project_updated",
  "project_id status": "ix_operations_project_status",
  "project_id status created_at": "ix_operations_project_status",
  "project_id type": "ix_operations_project_type",
  "project_id type created_at": "ix_operations_project_type",
  "project_id protection_group_id created_at": "ix_operations_group_created",
  created_at: "ix_operations_created",
  updated_at: "ix_operations_updated",
  status: "ix_operations_status",
  "status created_at": "ix_operations_status",
  type: "ix_operations_type",
  "type created_at": "ix_operations_type",
  "protection_group_id created_at": "ix_operations_group_created",
};

function fixedColumns({ projectId, groupId }: OperationScope): readonly string[] {
  return [
    ...(projectId === undefined ? [] : ["project_id"]),
    ...(groupId === undefined ? [] : ["protection_group_id"]),
  ];
}

/** Whose operations; no member means all. */
export interface OperationScope {
  readonly projectId?: string;
  readonly groupId?: string;
  readonly statuses?: readonly OperationStatus[];
  /** Leaves out operations over all groups of a site: they name groups of other projects. */
  readonly isWithoutSites?: boolean;
}

/** Operations without plan, members and parameters, newest first unless sorted otherwise. */
export function listOperations(db: Db, scope: OperationScope, request: ListRequest = {}): Promise<OperationSummary[]> {
  let query = db.selectFrom("dr_operations").select(SUMMARY_COLUMNS);
  if (scope.projectId !== undefined) query = query.where("project_id", "=", scope.projectId);
  if (scope.groupId !== undefined) query = query.where("protection_group_id", "=", scope.groupId);
  if (scope.isWithoutSites)
    query = query.where((eb) => eb.or([eb("type", "!=", "site_failover"), eb("recovery_plan_id", "is not", null)]));
  if (scope.statuses !== undefined) query = query.where("status", "in", scope.statuses);
  return list(
    {
      query: query as SelectQueryBuilder<Database, "dr_operations", OperationSummary>,
      table: "dr_operations",
      ...(isMariadb(db) &&
        scope.statuses === undefined && {
          pageIndexes: { fixed: fixedColumns(scope), names: OPERATION_PAGE_INDEXES },
        }),
    },
    request,
  );
}

/** One operation with all of it; `projectId` limits to the caller's. */
export function findOperation(
  db: Db,
  { id, projectId }: { readonly id: string; readonly projectId?: string },
): Promise<OperationRow | undefined> {
  let query = db.selectFrom("dr_operations").selectAll().where("id", "=", id);
  if (projectId !== undefined) query = query.where("project_id", "=", projectId);
  return query.executeTakeFirst();
}

/** Operations of single groups under one of many, oldest first, without what grows with the group. */
export function listChildren(db: Db, parentId: string): Promise<OperationSummary[]> {
  return db
    .selectFrom("dr_operations")
    .select(SUMMARY_COLUMNS)
    .where("parent_id", "=", parentId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** The journal of an operation, in order. */
export function listOperationSteps(db: Db, operationId: string): Promise<OperationStepRow[]> {
  return db
    .selectFrom("dr_operation_steps")
    .selectAll()
    .where("operation_id", "=", operationId)
    .orderBy("sequence")
    .execute();
}
