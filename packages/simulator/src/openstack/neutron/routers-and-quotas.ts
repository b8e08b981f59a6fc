import type { Router } from "../../http/router.ts";
import { forbidden, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok, projectOf } from "../core/call.ts";
import { objectAt, optionalObjectAt, optionalTextAt, textAt, textsAt } from "../core/json.ts";
import { listing } from "./listing.ts";
import type { NetworkState } from "./network-state.ts";
import type { NetworkLimits, RouterRecord } from "./records.ts";

/** `/routers`, `/quotas`, tags, `/extensions`, `/agents`. */
export function routeRoutersAndQuotas(router: Router<Call>, state: NetworkState): void {
  routeRouters(router, state);
  const requireProject = (call: Call, project: string) => {
    if (!call.caller.isAdmin && call.caller.projectId !== project)
      throw forbidden(
        "User does not have admin privileges: Only admin is authorized to access quotas for another project.",
        "AdminRequired",
      );
  };
  router
    .on("GET", "/quotas/:project", (call, { project = "" }) => {
      requireProject(call, project);
      return ok({ quota: state.limitsOf(project.replace(/\.json$/, "")) });
    })
    .on("GET", "/quotas/:project/details.json", (call, { project = "" }) => {
      requireProject(call, project);
      const use = state.useOf(project);
      const entries = Object.entries(state.limitsOf(project)).map(([key, limit]) => [
        key,
        { limit, used: isKind(key) ? use[key] : 0, reserved: 0 },
      ]);
      const others = {
        rbac_policy: { limit: 10, used: 0, reserved: 0 },
        subnetpool: { limit: -1, used: 0, reserved: 0 },
      };
      return ok({ quota: { ...Object.fromEntries(entries), ...others } });
    })
    .on("PUT", "/quotas/:project", (call, { project = "" }) => {
      if (!call.caller.isAdmin) throw forbidden("rule:update_quota is disallowed by policy", "PolicyNotAuthorized");
      const limits = state.limitsOf(project);
      for (const [key, value] of Object.entries(objectAt(call.body, "quota"))) {
        if (isKind(key) && typeof value === "number") limits[key] = value;
      }
      return ok({ quota: limits });
    })
    .on("PUT", "/:kind/:id/tags", (call, { kind = "", id = "" }) => {
      const tagged = taggable(state, kind).get(id);
      if (!tagged || !(call.caller.isAdmin || tagged.projectId === call.caller.projectId))
        throw notFound("The resource could not be found.", "HTTPNotFound");
      tagged.tags = [...textsAt(call.body, "tags")];
      return ok({ tags: tagged.tags });
    })
    .on("GET", "/extensions", () => ok({ extensions: EXTENSIONS.map(extensionView) }))
    .on("GET", "/extensions/:alias", (_call, { alias = "" }) => {
      if (!EXTENSIONS.includes(alias)) throw notFound("Extension not found", "HTTPNotFound");
      return ok({ extension: extensionView(alias) });
    });
}

const EXTENSIONS = ["port-security", "allowed-address-pairs", "quota_details", "standard-attr-tag", "binding"];

const extensionView = (alias: string) => ({
  alias,
  name: alias,
  links: [],
  description: alias,
  updated: "2012-07-23T10:00:00-00:00",
});

const isKind = (key: string): key is keyof NetworkLimits =>
  ["port", "network", "subnet", "router", "floatingip", "security_group", "security_group_rule"].includes(key);

function taggable(
  state: NetworkState,
  kind: string,
): ReadonlyMap<string, { readonly projectId: string; tags: string[] }> {
  switch (kind) {
    case "ports":
      return state.ports;
    case "networks":
      return state.networks;
    case "floatingips":
      return state.floatingIps;
    default:
      return new Map();
  }
}

function routeRouters(router: Router<Call>, state: NetworkState): void {
  const require = (call: Call, id: string): RouterRecord => {
    const found = state.routers.get(id);
    if (!found || !(call.caller.isAdmin || found.projectId === call.caller.projectId))
      throw notFound(`Router ${id} could not be found`, "RouterNotFound");
    return found;
  };
  router
    .on("GET", "/routers", (call) => {
      const seen = [...state.routers.values()].filter(
        ({ projectId }) => call.caller.isAdmin || projectId === call.caller.projectId,
      );
      return listing(call, "routers", seen.map(routerView));
    })
    .on("POST", "/routers", (call) => {
      const asked = objectAt(call.body, "router");
      const projectId = projectOf(call);
      state.requireQuota(projectId, "router");
      const gateway = optionalObjectAt(asked, "external_gateway_info");
      const id = state.environment.uuid();
      const added = {
        id,
        name: optionalTextAt(asked, "name") ?? "",
        projectId,
        externalNetworkId: optionalTextAt(gateway, "network_id") ?? null,
        subnetIds: [],
      };
      state.routers.set(id, added);
      return created({ router: routerView(added) });
    })
    .on("GET", "/routers/:id", (call, { id = "" }) => ok({ router: routerView(require(call, id)) }))
    .on("PUT", "/routers/:id/add_router_interface", (call, { id = "" }) => {
      const found = require(call, id);
      const subnetId = textAt(call.body, "subnet_id");
      found.subnetIds = [...found.subnetIds, subnetId];
      return ok({ id, subnet_id: subnetId, tenant_id: found.projectId });
    })
    .on("DELETE", "/routers/:id", (call, { id = "" }) => {
      state.routers.delete(require(call, id).id);
      return noContent;
    });
}

const routerView = (record: RouterRecord): Record<string, unknown> => ({
  id: record.id,
  name: record.name,
  tenant_id: record.projectId,
  project_id: record.projectId,
  status: "ACTIVE",
  admin_state_up: true,
  external_gateway_info:
    record.externalNetworkId === null ? null : { network_id: record.externalNetworkId, external_fixed_ips: [] },
  tags: [],
});
