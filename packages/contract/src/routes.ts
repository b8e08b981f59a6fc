import { drillScheduleRoutes } from "./routes/drill-schedules.ts";
import { healthRoutes } from "./routes/health.ts";
import { hookRoutes } from "./routes/hooks.ts";
import { mappingRoutes } from "./routes/mappings.ts";
import { memberRoutes } from "./routes/members.ts";
import { operationRoutes } from "./routes/operations.ts";
import { policyRoutes } from "./routes/policies.ts";
import { protectionGroupRoutes } from "./routes/protection-groups.ts";
import { readinessRoutes } from "./routes/readiness.ts";
import { recoveryPlanRoutes } from "./routes/recovery-plans.ts";
import type { StaticOf } from "./routes/route.ts";
import { serviceRoutes } from "./routes/service.ts";
import { siteRoutes } from "./routes/sites.ts";
import { syncRoutes } from "./routes/sync.ts";

/**
 * Every route of the REST API by its name (`<noun>.<verb>`, the OpenAPI operation id). Server, client and documentation
 * read this table. `/healthcheck` is not in it: its format is oslo.middleware's.
 */
export const ROUTES = {
  ...serviceRoutes,
  ...healthRoutes,
  ...protectionGroupRoutes,
  ...readinessRoutes,
  ...memberRoutes,
  ...policyRoutes,
  ...hookRoutes,
  ...mappingRoutes,
  ...syncRoutes,
  ...recoveryPlanRoutes,
  ...drillScheduleRoutes,
  ...operationRoutes,
  ...siteRoutes,
} as const;

export type RouteName = keyof typeof ROUTES;
/** Type of the JSON body that a route takes; undefined when it takes none. */
export type RequestOf<N extends RouteName> = StaticOf<(typeof ROUTES)[N]["request"]>;
/** Type of the JSON body that a route answers with; undefined when there is none. */
export type ResponseOf<N extends RouteName> = StaticOf<(typeof ROUTES)[N]["response"]>;

type ParametersIn<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersIn<Rest>
  : never;
/** Parameters of a route's path by name. */
export type PathOf<N extends RouteName> = Readonly<Record<ParametersIn<(typeof ROUTES)[N]["path"]>, string>>;

/** The path of a route with its parameters filled in and percent-encoded. */
export function pathOf<N extends RouteName>(name: N, parameters: PathOf<N>): string {
  const values = parameters as Readonly<Record<string, string>>;
  return ROUTES[name].path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) =>
    encodeURIComponent(values[parameter] ?? ""),
  );
}
