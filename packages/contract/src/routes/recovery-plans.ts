import Type from "typebox";
import { Strict } from "../resources/common.ts";
import { Operation } from "../resources/operations.ts";
import {
  CreateRecoveryPlan,
  RecoveryPlan,
  RecoveryPlanAction,
  RecoveryPlanDocument,
  SiteFailoverRequest,
  UpdateRecoveryPlan,
} from "../resources/recovery-plans.ts";
import { listOf, route } from "./route.ts";

const COLLECTION = "/v1/{project_id}/recovery-plans";
const ITEM = `${COLLECTION}/{id}` as const;
const one = Type.Object({ recovery_plan: RecoveryPlan });
const started = Type.Object({ operation: Operation });

export const recoveryPlanRoutes = {
  "recovery_plans.index": route({
    method: "GET",
    path: COLLECTION,
    summary: "List recovery plans",
    rule: "protector:recovery_plans:index",
    request: null,
    response: listOf("recovery_plans", RecoveryPlan),
    status: 200,
    list: {
      collection: "recovery_plans",
      filters: ["id", "name", "created_at"],
      sortKeys: ["name", "created_at", "updated_at"],
    },
    errors: ["pagination.marker_not_found"],
  }),
  "recovery_plans.create": route({
    method: "POST",
    path: COLLECTION,
    summary: "Create a recovery plan: protection groups, their order, and how many at once",
    rule: "protector:recovery_plans:create",
    request: Strict({ recovery_plan: CreateRecoveryPlan }),
    response: one,
    status: 201,
    errors: ["recovery_plan.name_exists", "recovery_plan.invalid", "recovery_plan.cycle"],
  }),
  "recovery_plans.show": route({
    method: "GET",
    path: ITEM,
    summary: "Show a recovery plan with its groups, their readiness and the time it would take",
    rule: "protector:recovery_plans:show",
    request: null,
    response: one,
    status: 200,
    errors: ["recovery_plan.not_found"],
  }),
  "recovery_plans.update": route({
    method: "PATCH",
    path: ITEM,
    summary: "Change a recovery plan; `groups` takes the place of all groups",
    rule: "protector:recovery_plans:update",
    request: Strict({ recovery_plan: UpdateRecoveryPlan }),
    response: one,
    status: 200,
    errors: [
      "recovery_plan.not_found",
      "recovery_plan.name_exists",
      "recovery_plan.invalid",
      "recovery_plan.cycle",
      "generation.conflict",
    ],
  }),
  "recovery_plans.delete": route({
    method: "DELETE",
    path: ITEM,
    summary: "Delete a recovery plan; its groups stay",
    rule: "protector:recovery_plans:delete",
    request: null,
    response: null,
    status: 204,
    errors: ["recovery_plan.not_found"],
  }),
  "recovery_plans.document": route({
    method: "GET",
    path: `${ITEM}/document`,
    summary: "The signed document for the peer, of a deleted plan too",
    rule: "protector:recovery_plans:document",
    request: null,
    response: RecoveryPlanDocument,
    status: 200,
    errors: ["recovery_plan.not_found"],
  }),
  "recovery_plans.deliver": route({
    method: "PUT",
    path: `${ITEM}/document`,
    summary: "Deliver the peer's document; a plan that is not here yet is created",
    rule: "protector:recovery_plans:deliver",
    request: RecoveryPlanDocument,
    response: null,
    status: 204,
    errors: ["sync.untrusted", "recovery_plan.stale", "recovery_plan.name_exists"],
  }),
  "recovery_plans.action": route({
    method: "POST",
    path: `${ITEM}/action`,
    summary: "Run a recovery plan: one operation over all its groups",
    rule: "protector:operations:action",
    verbRules: {
      failover: "protector:recovery_plans:failover",
      failback: "protector:recovery_plans:failback",
      reprotect: "protector:recovery_plans:reprotect",
      test_failover: "protector:recovery_plans:test_failover",
      test_cleanup: "protector:recovery_plans:test_cleanup",
    },
    request: RecoveryPlanAction,
    response: started,
    status: 202,
    isIdempotencyKeyed: true,
    errors: [
      "recovery_plan.not_found",
      "recovery_plan.empty",
      "recovery_plan.busy",
      "trust.login_required",
      "request.idempotency_conflict",
    ],
  }),
  "site_failovers.create": route({
    method: "POST",
    path: "/v1/{project_id}/site-failovers",
    summary: "Fail over, test or bring home every protection group between this site and another one",
    rule: "protector:site_failover:create",
    request: SiteFailoverRequest,
    response: started,
    status: 202,
    isIdempotencyKeyed: true,
    errors: ["site.not_found", "site.ambiguous", "recovery_plan.busy", "request.idempotency_conflict"],
  }),
} as const;
