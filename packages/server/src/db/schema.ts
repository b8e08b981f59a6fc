import type { DrillRunsTable, DrillSchedulesTable } from "./schema-drills.ts";
import type {
  CgVolumesTable,
  ConsistencyGroupsTable,
  PgMembersTable,
  ProtectionGroupsTable,
  ReadinessFindingsTable,
  RecoveryPointsTable,
  ReplicationPoliciesTable,
  ResourceMappingsTable,
} from "./schema-groups.ts";
import type {
  DrOperationStepsTable,
  DrOperationsTable,
  DutiesTable,
  ResourceLedgerTable,
} from "./schema-operations.ts";
import type { RecoveryPlanGroupsTable, RecoveryPlansTable } from "./schema-plans.ts";
import type {
  AuditEventsTable,
  EngineServicesTable,
  SecretsTable,
  SitesTable,
  TenantMappingsTable,
  TrustsTable,
} from "./schema-sites.ts";

export type * from "./schema-columns.ts";
export type * from "./schema-drills.ts";
export type * from "./schema-groups.ts";
export type * from "./schema-operations.ts";
export type * from "./schema-plans.ts";
export type * from "./schema-sites.ts";

/**
 * The database's tables as types. Names of the first eight are those of the service-placement page.
 *
 * Column conventions: ids are UUIDs as text; times are UTC text `YYYY-MM-DD HH:MM:SS.ffffff` (MariaDB `datetime(6)`);
 * flags are 0 or 1; a column typed {@link Json} holds JSON text of the named shape.
 */
export interface Database {
  alembic_version: AlembicVersionTable;
  sites: SitesTable;
  protection_groups: ProtectionGroupsTable;
  pg_members: PgMembersTable;
  consistency_groups: ConsistencyGroupsTable;
  cg_volumes: CgVolumesTable;
  replication_policies: ReplicationPoliciesTable;
  dr_operations: DrOperationsTable;
  dr_operation_steps: DrOperationStepsTable;
  resource_ledger: ResourceLedgerTable;
  duties: DutiesTable;
  resource_mappings: ResourceMappingsTable;
  tenant_mappings: TenantMappingsTable;
  trusts: TrustsTable;
  secrets: SecretsTable;
  recovery_points: RecoveryPointsTable;
  readiness_findings: ReadinessFindingsTable;
  recovery_plans: RecoveryPlansTable;
  recovery_plan_groups: RecoveryPlanGroupsTable;
  drill_schedules: DrillSchedulesTable;
  drill_runs: DrillRunsTable;
  audit_events: AuditEventsTable;
  engine_services: EngineServicesTable;
}

export interface AlembicVersionTable {
  version_num: string;
}
