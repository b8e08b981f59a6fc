import Type from "typebox";
import { OperationReport } from "../resources/operation-reports.ts";
import { Operation, OperationAction, OperationStep } from "../resources/operations.ts";
import { listOf, route } from "./route.ts";

const COLLECTION = "/v1/{project_id}/operations";
const ITEM = `${COLLECTION}/{id}` as const;

export const operationRoutes = {
  "operations.index": route({
    method: "GET",
    path: COLLECTION,
    summary: "List operations, newest first",
    rule: "protector:operations:index",
    request: null,
    response: listOf("operations", Operation),
    status: 200,
    list: {
      collection: "operations",
      filters: [
        "id",
        "type",
        "mode",
        "status",
        "is_dry_run",
        "protection_group_id",
        "recovery_plan_id",
        "parent_id",
        "site_id",
        "user_id",
        "idempotency_key",
        "created_at",
      ],
      sortKeys: ["type", "status", "created_at", "updated_at"],
    },
    errors: ["pagination.marker_not_found"],
  }),
  "operations.show": route({
    method: "GET",
    path: ITEM,
    summary: "Show an operation with its plan and results",
    rule: "protector:operations:show",
    request: null,
    response: Type.Object({ operation: Operation }),
    status: 200,
    errors: ["operation.not_found"],
  }),
  "operations.steps": route({
    method: "GET",
    path: `${ITEM}/steps`,
    summary: "The journal: every step with its times and errors",
    rule: "protector:operations:show",
    request: null,
    response: Type.Object({ steps: Type.Array(OperationStep) }),
    status: 200,
    errors: ["operation.not_found"],
  }),
  "operations.report": route({
    method: "GET",
    path: `${ITEM}/report`,
    summary: "Report of an operation, signed by this site: JSON, or a page that prints well",
    rule: "protector:operations:report",
    hasPage: true,
    request: null,
    response: OperationReport,
    status: 200,
    errors: ["operation.not_found"],
  }),
  "operations.action": route({
    method: "POST",
    path: `${ITEM}/action`,
    summary: "Ask something of an operation; the engine carries it out",
    rule: "protector:operations:action",
    verbRules: {
      cancel: "protector:operations:cancel",
      resume: "protector:operations:resume",
      retry: "protector:operations:retry",
      skip: "protector:operations:skip",
      rollback: "protector:operations:rollback",
      commit: "protector:operations:commit",
      abandon: "protector:operations:abandon",
    },
    request: OperationAction,
    response: Type.Object({ operation: Operation }),
    status: 202,
    errors: [
      "operation.not_found",
      "operation.wrong_status",
      "operation.past_no_return",
      "operation.cannot_skip",
      "protection_group.busy",
      "trust.login_required",
    ],
  }),
} as const;
