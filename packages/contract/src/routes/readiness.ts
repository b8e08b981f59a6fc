import Type from "typebox";
import { Readiness, ReadinessFinding } from "../resources/readiness.ts";
import { listOf, route } from "./route.ts";

const PATH = "/v1/{project_id}/protection-groups/{id}/readiness";

/** Whether a group could fail over now. */
export const readinessRoutes = {
  "readiness.show": route({
    method: "GET",
    path: PATH,
    summary: "Result of the last readiness run",
    rule: "protector:readiness:show",
    request: null,
    response: Type.Object({ readiness: Readiness }),
    status: 200,
    errors: ["protection_group.not_found"],
  }),
  "readiness.check": route({
    method: "POST",
    path: PATH,
    summary: "Ask the engine for a readiness run; poll until `checked_at` is newer",
    rule: "protector:readiness:check",
    request: null,
    response: Type.Object({ readiness: Readiness }),
    status: 202,
    errors: ["protection_group.not_found"],
  }),
  "readiness.findings": route({
    method: "GET",
    path: `${PATH}/findings`,
    summary: "What readiness has found, newest first: what is still found, and what is gone",
    rule: "protector:readiness:show",
    request: null,
    response: listOf("findings", ReadinessFinding),
    status: 200,
    list: {
      collection: "findings",
      filters: ["id", "check", "severity", "subject", "found_at", "gone_at"],
      sortKeys: ["found_at", "gone_at"],
      columns: { check: "check_name" },
    },
    errors: ["protection_group.not_found", "pagination.marker_not_found"],
  }),
} as const;
