import type { Readiness } from "@protector/contract";
import type { Selectable } from "kysely";
import { writeJson } from "./codecs.ts";
import type { DrOperationsTable, ProtectionGroupsTable } from "./schema.ts";

/** A row of which some columns have to be given; each other one may be, and else begins as that of something new. */
type Begun<Table, Given extends keyof Selectable<Table>> = Pick<Selectable<Table>, Given> & Partial<Selectable<Table>>;

/** What has to be known of an operation to write its row. */
export type NewOperation = Begun<
  DrOperationsTable,
  "id" | "type" | "protection_group_id" | "protection_group_name" | "project_id" | "user_id" | "site_id" | "created_at"
>;

/** The row of an operation that no engine has looked at yet. */
export function newOperationRow(given: NewOperation): Selectable<DrOperationsTable> {
  return {
    mode: null,
    recovery_plan_id: null,
    parent_id: null,
    displaced_by: null,
    status: "pending",
    is_dry_run: 0,
    parameters: writeJson({}),
    plan: null,
    phase: null,
    progress: 0,
    remaining_seconds: null,
    expected_seconds: null,
    step_seconds: null,
    status_reason: null,
    error: null,
    is_past_no_return: 0,
    undone_as: null,
    request: null,
    members: writeJson([]),
    recovery_point: null,
    data_loss_seconds: null,
    downtime_seconds: null,
    leftovers: writeJson([]),
    epoch: null,
    lease_owner: null,
    lease_number: 0,
    lease_expires_at: null,
    next_look_at: null,
    gives_up_at: null,
    request_id: null,
    idempotency_key: null,
    idempotency_digest: null,
    started_at: null,
    finished_at: null,
    updated_at: given.created_at,
    ...given,
  };
}

/** What has to be known of a protection group to write its row. */
export type NewProtectionGroup = Begun<
  ProtectionGroupsTable,
  "id" | "project_id" | "name" | "home_site_id" | "primary_site_id" | "peer_site_id" | "epoch" | "created_at"
>;

/** What readiness says of a group that no engine has looked at. */
export function newReadiness(): Readiness {
  return { is_failover_ready: null, checked_at: null, predicted_rto: null, checks: [] };
}

/** The row of a group without members that no engine has looked at and no other site has heard of yet. */
export function newProtectionGroupRow(given: NewProtectionGroup): Selectable<ProtectionGroupsTable> {
  return {
    description: "",
    status: "creating",
    protection: "unprotected",
    protection_reason: null,
    replication_type: "async",
    generation: 0,
    digest: "",
    peer_generation: null,
    peer_digest: null,
    peer_receipt_at: null,
    current_operation_id: null,
    hooks: null,
    readiness: writeJson(newReadiness()),
    readiness_requested_at: null,
    readiness_due_at: null,
    is_failover_ready: null,
    last_recovery_point_at: null,
    pod: null,
    given_up_at: null,
    deleted_at: null,
    updated_at: given.created_at,
    ...given,
  };
}
