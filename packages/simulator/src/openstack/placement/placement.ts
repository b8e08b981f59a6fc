import { Router } from "../../http/router.ts";
import type { ApiError } from "../core/api-error.ts";
import { badRequest, forbidden } from "../core/api-error.ts";
import { type Call, type Caller, ok } from "../core/call.ts";
import { OpenStackService } from "../core/openstack-service.ts";
import type { ComputeState } from "../nova/compute-state.ts";
import type { ComputeHost } from "../nova/records.ts";

export interface PlacementOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: ComputeState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
}

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
    if (!call.caller.isAdmin) throw forbidden("placement: Policy does not allow this to be performed.");
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
      const wanted = resourcesOf(call.query.get("resources"));
      const fitting = state.hosts.filter((host) => {
        const used = state.usedOn(host);
        return used.vcpus + (wanted.VCPU ?? 0) <= host.vcpus && used.ramMiB + (wanted.MEMORY_MB ?? 0) <= host.ramMiB;
      });
      const limited = fitting.slice(0, Number(call.query.get("limit") ?? fitting.length));
      return ok({
        allocation_requests: limited.map((host) => ({
          allocations: { [providerId(host)]: { resources: wanted } },
          mappings: { "": [providerId(host)] },
        })),
        provider_summaries: Object.fromEntries(limited.map((host) => [providerId(host), summaryOf(state, host)])),
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
      errors: [{ status: error.status, title: "Error", detail: error.message, request_id: "" }],
    }),
    isPublic: (method, path) => method === "GET" && path === "/",
    microversions: { type: "placement", major: 1, minimum: 0, maximum: 39 },
  });
}

function resourcesOf(text: string | null): Record<string, number> {
  if (text === null)
    throw badRequest(
      "Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got: empty string.",
    );
  return Object.fromEntries(text.split(",").map((each) => [each.split(":")[0] ?? "", Number(each.split(":")[1])]));
}

function summaryOf(state: ComputeState, host: ComputeHost): unknown {
  const used = state.usedOn(host);
  return {
    resources: {
      VCPU: { capacity: host.vcpus, used: used.vcpus },
      MEMORY_MB: { capacity: host.ramMiB, used: used.ramMiB },
    },
    traits: [],
    parent_provider_uuid: null,
  };
}
