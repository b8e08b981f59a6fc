import { Router } from "../../http/router.ts";
import type { ApiError } from "../core/api-error.ts";
import type { Call, Caller } from "../core/call.ts";
import { OpenStackService } from "../core/openstack-service.ts";
import { routeFloatingIps } from "./floating-ips.ts";
import type { NetworkState } from "./network-state.ts";
import { routeNetworks } from "./networks.ts";
import { routePorts } from "./ports.ts";
import { routeRoutersAndQuotas } from "./routers-and-quotas.ts";
import { routeSecurityGroups } from "./security-groups.ts";

export interface NeutronOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: NetworkState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
}

/** Neutron's REST front end (v2.0) over `state`. */
export function createNeutron({ name, origin, state, authenticate, authUri }: NeutronOptions): OpenStackService {
  const router = new Router<Call>();
  const version = { id: "v2.0", status: "CURRENT", links: [{ rel: "self", href: `${origin}/v2.0/` }] };
  router
    .on("GET", "", () => ({ status: 200, body: { versions: [version] } }))
    .on("GET", "/v2.0", () => ({ status: 200, body: { resources: [] } }));
  routeNetworks(router, state);
  routePorts(router, state);
  routeSecurityGroups(router, state);
  routeFloatingIps(router, state);
  routeRoutersAndQuotas(router, state);
  return new OpenStackService({
    name,
    origin,
    serviceType: "network",
    router,
    environment: state.environment,
    authenticate,
    authUri,
    errorBody: (error: ApiError) => ({
      NeutronError: { type: error.type || "HTTPBadRequest", message: error.message, detail: "" },
    }),
    routePath: (path) => (path.startsWith("/v2.0/") ? path.slice(5).replace(/(?<!details)\.json$/, "") : path),
    isPublic: (method, path) => method === "GET" && path === "/",
  });
}
