import { Router } from "../../http/router.ts";
import type { ApiError } from "../core/api-error.ts";
import { forbidden } from "../core/api-error.ts";
import { type Call, type Caller, ok } from "../core/call.ts";
import { OpenStackService } from "../core/openstack-service.ts";
import type { ComputeState } from "../nova/compute-state.ts";
import { hasTraits } from "../nova/host-room.ts";
import type { ComputeHost } from "../nova/records.ts";
import { candidateQuery } from "./candidate-query.ts";

export interface PlacementOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: ComputeState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
}

const TITLES: Readonly<Record<number, string>> = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found" };

/** What webob says before the reason. */
const INTRODUCTIONS: Readonly<Record<number, string>> = {
  400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
  403: "Access was denied to this resource.",
  404: "The resource could not be found.",
};

/** Traits that every hypervisor reports. */
const STANDARD_TRAITS = ["COMPUTE_NODE", "COMPUTE_DEVICE_TAGGING", "COMPUTE_VOLUME_EXTEND"];

/** Placement's REST front end: resource providers and allocation candidates of the cloud's hosts. */
export function createPlacement({ name, origin, state, authenticate, authUri }: PlacementOptions): OpenStackService {
  const router = new Router<Call>();
  const version = {
    id: "v1.0",
    max_version: "1.39",
    min_version: "1.0",
    status: "CURRENT",
    links: [{ rel: "self", href: "" }],
  };
  const requireAdmin = (call: Call) => {
    if (call.caller.isAdmin) return;
    const rule = call.path.includes("candidates") ? "allocation_candidates:list" : "resource_providers:list";
    throw forbidden(`Policy does not allow placement:${rule} to be performed.`);
  };
  const providerId = (host: ComputeHost) => {
    const hex = host.arrayHost.replace(/-cinder$/, "").slice(-32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
  router
    .on("GET", "", () => ok({ versions: [version] }))
    .on("GET", "/resource_providers", (call) => {
      requireAdmin(call);
      return ok({
        resource_providers: state.hosts.map((host) => ({
          uuid: providerId(host),
          name: host.name,
          generation: 1,
          links: [],
        })),
      });
    })
    .on("GET", "/allocation_candidates", (call) => {
      requireAdmin(call);
      const { resources, traits, limit } = candidateQuery(call, state.hosts);
      const fitting = state.hosts.filter((host) => {
        const amounts = amountsOf(state, host);
        const fits = Object.entries(resources).every(([name, amount]) => {
          const { capacity, used } = amounts[name] ?? { capacity: 0, used: 0 };
          return used + amount <= capacity;
        });
        return fits && hasTraits(host, traits);
      });
      const limited = fitting.slice(0, limit);
      return ok({
        allocation_requests: limited.map((host) => ({
          allocations: { [providerId(host)]: { resources } },
          ...(call.version >= 34 && { mappings: { "": [providerId(host)] } }),
        })),
        provider_summaries: Object.fromEntries(
          limited.map((host) => [providerId(host), summaryOf(state, host, call.version)]),
        ),
      });
    });
  return new OpenStackService({
    name,
    origin,
    serviceType: "placement",
    router,
    environment: state.environment,
    authenticate,
    authUri,
    errorBody: (error: ApiError) => ({
      errors: [
        {
          status: error.status,
          title: TITLES[error.status] ?? "Error",
          detail: `${INTRODUCTIONS[error.status] ?? ""}\n\n ${error.message}   `,
          request_id: `req-${state.environment.uuid()}`,
        },
      ],
    }),
    isPublic: (method, path) => method === "GET" && path === "/",
    microversions: {
      type: "placement",
      major: 1,
      minimum: 0,
      maximum: 39,
      varyText: (status) => (status === 403 ? "" : "openstack-api-version"),
    },
  });
}

function summaryOf(state: ComputeState, host: ComputeHost, version: number): unknown {
  return {
    resources: amountsOf(state, host),
    ...(version >= 17 && { traits: [...STANDARD_TRAITS, ...host.traits] }),
    ...(version >= 29 && { parent_provider_uuid: null, root_provider_uuid: null }),
  };
}

interface Amount {
  readonly capacity: number;
  readonly used: number;
}

/** By resource class. */
function amountsOf(state: ComputeState, host: ComputeHost): Readonly<Record<string, Amount>> {
  const used = state.usedOn(host);
  return {
    VCPU: { capacity: host.vcpus, used: used.vcpus },
    MEMORY_MB: { capacity: host.ramMiB, used: used.ramMiB },
    DISK_GB: { capacity: host.diskGiB, used: used.diskGiB },
  };
}
