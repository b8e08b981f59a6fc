import { OutsideError } from "@protector/ports";
import type { CloudOptions } from "./cloud.ts";
import type { CatalogService } from "./identity.ts";

/**
 * Names under which Cinder may stand in the catalog, best first.
 * Source: https://service-types.openstack.org/
 */
const VOLUME_TYPES: readonly string[] = ["volumev3", "block-storage", "block-store", "volume"];

/**
 * The catalog's URL of a service, without a slash at the end.
 *
 * @throws OutsideError `needs_operator` when there is none, or when several regions have one and none was named.
 */
export function findEndpoint(
  catalog: readonly CatalogService[],
  serviceType: string,
  options: Pick<CloudOptions, "region" | "interface">,
): string {
  const face = options.interface ?? "public";
  const types = VOLUME_TYPES.includes(serviceType) ? VOLUME_TYPES : [serviceType];
  for (const type of types) {
    const offered = catalog
      .filter((service) => service.type === type)
      .flatMap((service) => service.endpoints)
      .filter((endpoint) => endpoint.interface === face);
    const found = offered.filter((endpoint) => options.region === undefined || endpoint.region === options.region);
    const regions = [...new Set(found.map((endpoint) => endpoint.region))];
    if (regions.length > 1) {
      throw missing(serviceType, `more than one region has a ${face} endpoint (${regions.join(", ")}): name one`);
    }
    const [endpoint] = found;
    if (endpoint) return endpoint.url.replace(/\/+$/, "");
  }
  const where = options.region === undefined ? "any region" : `region ${options.region}`;
  throw missing(serviceType, `the catalog has no ${face} endpoint of type ${types.join(" or ")} in ${where}`);
}

function missing(serviceType: string, detail: string): OutsideError {
  return new OutsideError({
    service: "keystone",
    call: `catalog ${serviceType}`,
    status: undefined,
    detail,
    remoteRequestId: undefined,
    failureClass: "needs_operator",
    effect: "none",
  });
}

/** Nova: `…/v2.1`, which operators leave out, or register with the project behind it. */
export function computeUrl(url: string): string {
  return /\/v2(\.\d+)?(\/[^/]+)?$/.test(url) ? url.replace(/\/v2(\.0)?(?=\/|$)/, "/v2.1") : `${url}/v2.1`;
}

/** Cinder: `…/v3/{project}`; releases before Yoga insist on the project. */
export function volumeUrl(url: string, projectId: string | undefined): string {
  const versioned = /\/v\d(\/[^/]+)?$/.test(url) ? url : `${url}/v3`;
  return projectId !== undefined && /\/v\d$/.test(versioned) ? `${versioned}/${projectId}` : versioned;
}

/** Where Nova or Cinder describe their version: up to the version, with a slash. */
export function versionDocumentUrl(url: string): string {
  return url.replace(/(\/v\d(?:\.\d+)?)(\/[^/]+)?$/, "$1/");
}

/** Neutron: `…/v2.0`, which the catalog usually leaves out. */
export function networkUrl(url: string): string {
  return /\/v2(\.0)?$/.test(url) ? url.replace(/\/v2$/, "/v2.0") : `${url}/v2.0`;
}

/** Glance: `…/v2`, which the catalog usually leaves out. */
export function imageUrl(url: string): string {
  return /\/v2$/.test(url) ? url : `${url}/v2`;
}

/** Octavia: `…/v2.0`, which the catalog leaves out. */
export function loadBalancerUrl(url: string): string {
  return /\/v2(\.0)?$/.test(url) ? url.replace(/\/v2$/, "/v2.0") : `${url}/v2.0`;
}
