import { Router } from "../../http/router.ts";
import type { Call, Caller } from "../core/call.ts";
import { faultBody, OpenStackService, projectPath } from "../core/openstack-service.ts";
import { routeGroups } from "./groups.ts";
import { routeManage } from "./manage.ts";
import { routeServicesAndQuotas } from "./services-and-quotas.ts";
import { routeSnapshotsAndBackups } from "./snapshots-and-backups.ts";
import { routeTypes } from "./types.ts";
import { routeVolumeActions } from "./volume-actions.ts";
import type { VolumeState } from "./volume-state.ts";
import { type FindImage, routeVolumes } from "./volumes.ts";

export interface CinderOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: VolumeState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
  readonly findImage: FindImage;
}

/** Cinder's REST front end (v3, 3.0 to 3.70) over `state`. */
export function createCinder(options: CinderOptions): OpenStackService {
  const { name, origin, state, findImage } = options;
  const router = new Router<Call>();
  const versions = {
    versions: [
      {
        id: "v3.0",
        status: "CURRENT",
        version: "3.70",
        min_version: "3.0",
        updated: "2022-08-31T00:00:00Z",
        links: [
          { rel: "describedby", type: "text/html", href: "https://docs.openstack.org/" },
          { rel: "self", href: `${origin}/v3/` },
        ],
        "media-types": [{ base: "application/json", type: "application/vnd.openstack.volume+json;version=3" }],
      },
    ],
  };
  router
    .on("GET", "", () => ({ status: 300, body: versions }))
    .on("GET", "/v3", () => ({ status: 200, body: versions }));
  routeManage(router, state, origin);
  routeVolumeActions(router, state);
  routeVolumes(router, { state, origin, findImage });
  routeTypes(router, state);
  routeGroups(router, state);
  routeSnapshotsAndBackups(router, state, origin);
  routeServicesAndQuotas(router, state);
  return new OpenStackService({
    name,
    origin,
    serviceType: "volumev3",
    router,
    environment: state.environment,
    authenticate: options.authenticate,
    errorBody: faultBody,
    routePath: projectPath("/v3", () => "Malformed request url"),
    isPublic: (method, path) => method === "GET" && (path === "/" || path === "/v3"),
    authUri: options.authUri,
    microversions: { type: "volume", major: 3, minimum: 0, maximum: 70 },
    manners: { hasComputeRequestId: "behind the check of the token" },
  });
}
