import { Router } from "../../http/router.ts";
import type { ApiError } from "../core/api-error.ts";
import type { Call } from "../core/call.ts";
import { OpenStackService } from "../core/openstack-service.ts";
import { routeApplicationCredentials } from "./application-credentials.ts";
import { routeCatalog } from "./catalog.ts";
import { isFederatedLogin, routeFederation } from "./federation.ts";
import type { IdentityState } from "./identity-state.ts";
import { routeProjectsAndUsers } from "./projects-and-users.ts";
import { routeRoles } from "./roles.ts";
import { routeTokens } from "./tokens.ts";
import { routeTrusts } from "./trusts.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  500: "Internal Server Error",
};

const errorBody = (error: ApiError) => ({
  error: { code: error.status, message: error.message, title: TITLES[error.status] ?? "Error" },
});

/** Keystone's REST front end over `state`. */
export function createKeystone(name: string, origin: string, state: IdentityState): OpenStackService {
  const router = new Router<Call>();
  const version = {
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${origin}/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
  };
  router
    .on("GET", "", () => ({ status: 300, body: { versions: { values: [version] } } }))
    .on("GET", "/v3", () => ({ status: 200, body: { version } }));
  routeTokens(router, state);
  routeFederation(router, state);
  routeTrusts(router, state, origin);
  routeProjectsAndUsers(router, state, origin);
  routeRoles(router, state, origin);
  routeCatalog(router, state);
  routeApplicationCredentials(router, state);
  return new OpenStackService({
    name,
    origin,
    serviceType: "identity",
    router,
    environment: state.environment,
    authenticate: (token) => state.callerOf(token),
    errorBody,
    isPublic: (method, path) =>
      (method === "GET" && (path === "/" || path === "/v3")) ||
      (method === "POST" && path === "/v3/auth/tokens") ||
      isFederatedLogin(path),
    authUri: `${origin}/v3`,
    manners: { vary: "X-Auth-Token" },
  });
}
