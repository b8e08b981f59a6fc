import Type from "typebox";
import { Strict } from "../resources/common.ts";
import { AddMember, Member, MembersAction, UpdateMember } from "../resources/members.ts";
import { Operation } from "../resources/operations.ts";
import { CHANGE_ERRORS, OPERATION_ERRORS } from "./change-errors.ts";
import { listOf, route } from "./route.ts";

const COLLECTION = "/v1/{project_id}/protection-groups/{id}/members";
const ITEM = `${COLLECTION}/{member_id}` as const;

export const memberRoutes = {
  "members.index": route({
    method: "GET",
    path: COLLECTION,
    summary: "List the members of a group",
    rule: "protector:members:index",
    request: null,
    response: listOf("members", Member),
    status: 200,
    list: {
      collection: "members",
      filters: ["id", "name", "status", "tier", "home_server_id", "peer_server_id"],
      sortKeys: ["position", "name", "status", "tier", "created_at"],
    },
    errors: ["protection_group.not_found", "pagination.marker_not_found"],
  }),
  "members.create": route({
    method: "POST",
    path: COLLECTION,
    summary:
      "Add a server; the engine captures and checks it, and takes the member out again when it cannot be protected",
    rule: "protector:members:create",
    request: Strict({ member: AddMember }),
    response: Type.Object({ member: Member, operation: Operation }),
    status: 202,
    isIdempotencyKeyed: true,
    errors: [
      ...CHANGE_ERRORS,
      ...OPERATION_ERRORS,
      "protection_group.no_policy",
      "member.already_protected",
      "member.limit",
      "member.order_dangling",
      "member.order_cycle",
      "request.idempotency_conflict",
    ],
  }),
  "members.show": route({
    method: "GET",
    path: ITEM,
    summary: "Show a member with its captured description",
    rule: "protector:members:show",
    request: null,
    response: Type.Object({ member: Member }),
    status: 200,
    errors: ["protection_group.not_found", "member.not_found"],
  }),
  "members.update": route({
    method: "PATCH",
    path: ITEM,
    summary: "Change start order and user data",
    rule: "protector:members:update",
    request: Strict({ member: UpdateMember }),
    response: Type.Object({ member: Member }),
    status: 200,
    errors: [...CHANGE_ERRORS, "member.not_found", "member.order_dangling", "member.order_cycle"],
  }),
  "members.action": route({
    method: "POST",
    path: `${COLLECTION}/action`,
    summary: "Take what has changed on the servers since they were protected into the group: volumes, NICs, flavor",
    rule: "protector:members:update",
    request: MembersAction,
    response: Type.Object({ operation: Operation }),
    status: 202,
    isIdempotencyKeyed: true,
    errors: [
      ...CHANGE_ERRORS,
      ...OPERATION_ERRORS,
      "protection_group.no_policy",
      "member.not_found",
      "request.idempotency_conflict",
    ],
  }),
  "members.delete": route({
    method: "DELETE",
    path: ITEM,
    summary: "Stop protecting a server; the server itself is not touched",
    rule: "protector:members:delete",
    request: null,
    response: Type.Object({ operation: Operation }),
    status: 202,
    errors: [...CHANGE_ERRORS, ...OPERATION_ERRORS, "member.not_found", "hook.dangling", "member.order_dangling"],
  }),
} as const;
