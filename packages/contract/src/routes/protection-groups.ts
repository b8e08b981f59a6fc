import Type from "typebox";
import { Strict } from "../resources/common.ts";
import { KeptSnapshot } from "../resources/kept-snapshots.ts";
import { Operation, ProtectionGroupAction } from "../resources/operations.ts";
import { CreateProtectionGroup, ProtectionGroup, UpdateProtectionGroup } from "../resources/protection-groups.ts";
import { RecoveryPoint } from "../resources/recovery-points.ts";
import { CHANGE_ERRORS, OPERATION_ERRORS } from "./change-errors.ts";
import { listOf, route } from "./route.ts";

const COLLECTION = "/v1/{project_id}/protection-groups";
const ITEM = `${COLLECTION}/{id}` as const;
const one = Type.Object({ protection_group: ProtectionGroup });
const started = Type.Object({ operation: Operation });

export const protectionGroupRoutes = {
  "protection_groups.index": route({
    method: "GET",
    path: COLLECTION,
    summary: "List protection groups",
    rule: "protector:protection_groups:index",
    request: null,
    response: listOf("protection_groups", ProtectionGroup),
    status: 200,
    list: {
      collection: "protection_groups",
      filters: ["id", "name", "status", "protection", "home_site_id", "primary_site_id", "peer_site_id", "created_at"],
      sortKeys: ["name", "status", "protection", "created_at", "updated_at"],
    },
    errors: ["pagination.marker_not_found"],
  }),
  "protection_groups.create": route({
    method: "POST",
    path: COLLECTION,
    summary: "Create a protection group; it is `creating` until it has a replication policy",
    rule: "protector:protection_groups:create",
    request: Strict({ protection_group: CreateProtectionGroup }),
    response: one,
    status: 201,
    isIdempotencyKeyed: true,
    errors: [
      "protection_group.name_exists",
      "site.not_found",
      "site.ambiguous",
      "tenant_mapping.missing",
      "peer.unreachable",
      "trust.login_required",
      "request.idempotency_conflict",
    ],
  }),
  "protection_groups.show": route({
    method: "GET",
    path: ITEM,
    summary: "Show a protection group",
    rule: "protector:protection_groups:show",
    request: null,
    response: one,
    status: 200,
    errors: ["protection_group.not_found"],
  }),
  "protection_groups.update": route({
    method: "PATCH",
    path: ITEM,
    summary: "Change name or description",
    rule: "protector:protection_groups:update",
    request: Strict({ protection_group: UpdateProtectionGroup }),
    response: one,
    status: 200,
    errors: [...CHANGE_ERRORS, "protection_group.name_exists"],
  }),
  "protection_groups.delete": route({
    method: "DELETE",
    path: ITEM,
    summary: "Delete a protection group without members",
    rule: "protector:protection_groups:delete",
    request: null,
    response: started,
    status: 202,
    errors: [...CHANGE_ERRORS, ...OPERATION_ERRORS, "protection_group.not_empty", "protection_group.in_recovery_plan"],
  }),
  "protection_groups.action": route({
    method: "POST",
    path: `${ITEM}/action`,
    summary: "Start an operation on a protection group",
    rule: "protector:operations:action",
    verbRules: {
      failover: "protector:protection_groups:failover",
      failback: "protector:protection_groups:failback",
      reprotect: "protector:protection_groups:reprotect",
      test_failover: "protector:protection_groups:test_failover",
      test_cleanup: "protector:protection_groups:test_cleanup",
      sync: "protector:protection_groups:sync",
      delete: "protector:protection_groups:delete",
      reclaim: "protector:protection_groups:reclaim",
    },
    request: ProtectionGroupAction,
    response: started,
    status: 202,
    isIdempotencyKeyed: true,
    errors: [
      ...OPERATION_ERRORS,
      "protection_group.not_found",
      "protection_group.wrong_status",
      "protection_group.no_policy",
      "protection_group.not_primary",
      "protection_group.out_of_sync",
      "protection_group.in_recovery_plan",
      "peer.unreachable",
      "peer.not_lost",
      "recovery_point.gone",
      "test.none_standing",
      "reclaim.not_here",
      "reclaim.reason_required",
      "request.idempotency_conflict",
    ],
  }),
  "recovery_points.index": route({
    method: "GET",
    path: `${ITEM}/recovery-points`,
    summary: "List the recovery points of a group, newest first",
    rule: "protector:recovery_points:index",
    request: null,
    response: listOf("recovery_points", RecoveryPoint),
    status: 200,
    list: {
      collection: "recovery_points",
      filters: ["id", "name", "is_usable", "source_site_id", "created_at"],
      sortKeys: ["created_at"],
      columns: { created_at: "cut_at" },
    },
    errors: ["protection_group.not_found", "pagination.marker_not_found"],
  }),
  "kept_snapshots.index": route({
    method: "GET",
    path: `${ITEM}/kept-snapshots`,
    summary: "List what this site's engine has kept of volumes because it is nowhere else, newest first",
    rule: "protector:kept_snapshots:index",
    request: null,
    response: listOf("kept_snapshots", KeptSnapshot),
    status: 200,
    list: {
      collection: "kept_snapshots",
      filters: ["id", "name", "site_id", "operation_id", "created_at"],
      sortKeys: ["created_at", "name"],
    },
    errors: ["protection_group.not_found", "pagination.marker_not_found"],
  }),
  "kept_snapshots.delete": route({
    method: "DELETE",
    path: `${ITEM}/kept-snapshots/{snapshot_id}`,
    summary: "Delete a kept snapshot; the array can recover it for its eradication delay",
    rule: "protector:kept_snapshots:delete",
    request: null,
    response: started,
    status: 202,
    errors: [
      ...OPERATION_ERRORS,
      "protection_group.not_found",
      "kept_snapshot.not_found",
      "protection_group.wrong_status",
    ],
  }),
} as const;
