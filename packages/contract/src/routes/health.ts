import Type from "typebox";
import { Health } from "../resources/health.ts";
import { route } from "./route.ts";

const health = {
  method: "GET",
  request: null,
  response: Type.Object({ health: Health }),
  status: 200,
  errors: [],
  rule: "protector:health:show",
} as const;

/** Sites, components, and how well each group of a project is protected. */
export const healthRoutes = {
  "health.show": route({
    ...health,
    path: "/v1/{project_id}/health",
    summary: "Sites, components, replication lag, RPO compliance and failover readiness of a project's groups",
  }),
  "health.show_own": route({
    ...health,
    path: "/v1/health",
    isOfOwnProject: true,
    summary: "The same of the token's project",
  }),
} as const;
