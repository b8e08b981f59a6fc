import { Router } from "../../http/router.ts";
import type { Call, Caller } from "../core/call.ts";
import { faultBody, OpenStackService, projectPath } from "../core/openstack-service.ts";
import type { ComputeState } from "./compute-state.ts";
import { routeFlavors } from "./flavors.ts";
import { routeHostsAndQuotas } from "./hosts-and-quotas.ts";
import { routeInterfaces } from "./interfaces.ts";
import { routeKeypairs } from "./keypairs.ts";
import { routeServerActions } from "./server-actions.ts";
import { routeServerGroups } from "./server-groups.ts";
import type { FindImage } from "./server-request.ts";
import { routeServers } from "./servers.ts";
import { routeVolumeAttachments } from "./volume-attachments.ts";

export interface NovaOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: ComputeState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
  readonly findImage: FindImage;
}

/** Nova's REST front end (v2.1, 2.1 to 2.93) over `state`. */
export function createNova(options: NovaOptions): OpenStackService {
  const { name, origin, state, findImage } = options;
  const router = new Router<Call>();
  const version = {
    id: "v2.1",
    status: "CURRENT",
    version: "2.93",
    min_version: "2.1",
    updated: "2013-07-23T11:33:21Z",
    links: [
      { rel: "self", href: `${origin}/v2.1/` },
      { rel: "describedby", type: "text/html", href: "http://docs.openstack.org/" },
    ],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.compute+json;version=2.1" }],
  };
  router
    .on("GET", "", () => ({ status: 200, body: { versions: [version] } }))
    .on("GET", "/v2.1", () => ({ status: 200, body: { version } }));
  routeServers(router, { state, origin, findImage });
  routeServerActions(router, state);
  routeVolumeAttachments(router, state);
  routeInterfaces(router, state);
  routeFlavors(router, state, origin);
  routeKeypairs(router, state);
  routeServerGroups(router, state);
  routeHostsAndQuotas(router, state);
  return new OpenStackService({
    name,
    origin,
    serviceType: "compute",
    router,
    environment: state.environment,
    authenticate: options.authenticate,
    errorBody: faultBody,
    routePath: projectPath(
      "/v2.1",
      (project) => `Malformed request URL: URL's project_id '${project}' doesn't match Context's project_id`,
    ),
    isPublic: (method, path) => method === "GET" && (path === "/" || path === "/v2.1"),
    authUri: options.authUri,
    microversions: {
      type: "compute",
      legacyHeader: "x-openstack-nova-api-version",
      major: 2,
      minimum: 1,
      maximum: 93,
      varyText: () => "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    },
    manners: {
      hasComputeRequestId: "always",
      errorContentType: "application/json; charset=UTF-8",
      emptyContentType: "application/json",
    },
  });
}
