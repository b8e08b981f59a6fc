import Type from "typebox";
import { Strict } from "../resources/common.ts";
import { Operation } from "../resources/operations.ts";
import { CreateReplicationPolicy, ReplicationPolicy, UpdateReplicationPolicy } from "../resources/policies.ts";
import { CHANGE_ERRORS, OPERATION_ERRORS } from "./change-errors.ts";
import { route } from "./route.ts";

const ITEM = "/v1/{project_id}/protection-groups/{id}/policy";
const applied = Type.Object({ policy: ReplicationPolicy, operation: Operation });

export const policyRoutes = {
  "policies.show": route({
    method: "GET",
    path: ITEM,
    summary: "Show the replication policy, without tokens",
    rule: "protector:policies:show",
    request: null,
    response: Type.Object({ policy: ReplicationPolicy }),
    status: 200,
    errors: ["protection_group.not_found", "policy.not_found"],
  }),
  "policies.create": route({
    method: "POST",
    path: ITEM,
    summary: "Create the replication policy and set up replication on the arrays",
    rule: "protector:policies:create",
    request: Strict({ policy: CreateReplicationPolicy }),
    response: applied,
    status: 202,
    isIdempotencyKeyed: true,
    errors: [
      ...CHANGE_ERRORS,
      ...OPERATION_ERRORS,
      "policy.exists",
      "policy.array_refused",
      "policy.backend_unknown",
      "request.idempotency_conflict",
    ],
  }),
  "policies.update": route({
    method: "PATCH",
    path: ITEM,
    summary: "Change the replication policy and bring the arrays to it",
    rule: "protector:policies:update",
    request: Strict({ policy: UpdateReplicationPolicy }),
    response: applied,
    status: 202,
    errors: [
      ...CHANGE_ERRORS,
      ...OPERATION_ERRORS,
      "policy.not_found",
      "policy.array_refused",
      "policy.backend_unknown",
    ],
  }),
  "policies.delete": route({
    method: "DELETE",
    path: ITEM,
    summary: "Delete the replication policy of a group without members, and what it set up on the arrays",
    rule: "protector:policies:delete",
    request: null,
    response: Type.Object({ operation: Operation }),
    status: 202,
    errors: [...CHANGE_ERRORS, ...OPERATION_ERRORS, "policy.not_found", "policy.in_use"],
  }),
} as const;
