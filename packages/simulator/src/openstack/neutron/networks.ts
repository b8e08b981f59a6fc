import type { Router } from "../../http/router.ts";
import { badRequest, conflict, forbidden, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok, projectOf } from "../core/call.ts";
import { objectAt, objectsAt, optionalTextAt, textAt, textsAt } from "../core/json.ts";
import { listing } from "./listing.ts";
import type { NetworkState } from "./network-state.ts";
import type { NetworkRecord, SubnetRecord } from "./records.ts";

/** `/networks` and `/subnets`. */
export function routeNetworks(router: Router<Call>, state: NetworkState): void {
  const seen = (call: Call) =>
    [...state.networks.values()].filter(
      (network) =>
        call.caller.isAdmin || network.isShared || network.isExternal || network.projectId === call.caller.projectId,
    );
  const requireOwn = (call: Call, id: string) => {
    const network = state.requireNetwork(id, call.caller);
    if (!call.caller.isAdmin && network.projectId !== call.caller.projectId) {
      throw forbidden("rule:delete_network is disallowed by policy", "PolicyNotAuthorized");
    }
    return network;
  };
  router
    .on("GET", "/networks", (call) =>
      listing(
        call,
        "networks",
        seen(call).map((network) => networkView(state, network, call)),
      ),
    )
    .on("POST", "/networks", (call) => {
      const asked = objectAt(call.body, "network");
      if (!call.caller.isAdmin && (asked.shared === true || asked["router:external"] === true)) {
        throw forbidden(
          "(rule:create_network and rule:create_network:shared) is disallowed by policy",
          "PolicyNotAuthorized",
        );
      }
      const projectId = optionalTextAt(asked, "project_id") ?? optionalTextAt(asked, "tenant_id") ?? projectOf(call);
      requireOwnProject(call, projectId);
      state.requireQuota(projectId, "network");
      const network = state.createNetwork({
        projectId,
        name: optionalTextAt(asked, "name") ?? "",
        description: optionalTextAt(asked, "description") ?? "",
        isShared: asked.shared === true,
        isExternal: asked["router:external"] === true,
        isPortSecurityEnabled: asked.port_security_enabled !== false,
        ...(typeof asked.mtu === "number" && { mtu: asked.mtu }),
      });
      return created({ network: networkView(state, network, call) });
    })
    .on("GET", "/networks/:id", (call, { id = "" }) =>
      ok({ network: networkView(state, state.requireNetwork(id, call.caller), call) }),
    )
    .on("PUT", "/networks/:id", (call, { id = "" }) => {
      const network = requireOwn(call, id);
      const asked = objectAt(call.body, "network");
      network.name = optionalTextAt(asked, "name") ?? network.name;
      network.description = optionalTextAt(asked, "description") ?? network.description;
      return ok({ network: networkView(state, network, call) });
    })
    .on("DELETE", "/networks/:id", (call, { id = "" }) => {
      const network = requireOwn(call, id);
      if (state.portsOf(network.id).length > 0) {
        throw conflict(
          `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${state
            .portsOf(network.id)
            .map((port) => port.id)
            .join(",")}.`,
          "NetworkInUse",
        );
      }
      for (const subnet of state.subnetsOf(network.id)) state.subnets.delete(subnet.id);
      state.networks.delete(network.id);
      return noContent;
    });
  routeSubnets(router, state);
}

/** @throws ApiError 400 when somebody who is no administrator asks for an object of another project. */
export function requireOwnProject(call: Call, projectId: string): void {
  if (call.caller.isAdmin || projectId === call.caller.projectId) return;
  throw badRequest(
    "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges",
    "HTTPBadRequest",
  );
}

function routeSubnets(router: Router<Call>, state: NetworkState): void {
  const require = (call: Call, id: string): SubnetRecord => {
    const subnet = state.subnets.get(id);
    if (!subnet) throw notFound(`Subnet ${id} could not be found.`, "SubnetNotFound");
    state.requireNetwork(subnet.networkId, call.caller);
    return subnet;
  };
  router
    .on("GET", "/subnets", (call) => {
      const seen = [...state.subnets.values()].filter((subnet) => {
        const network = state.networks.get(subnet.networkId);
        return call.caller.isAdmin || network?.isShared || network?.projectId === call.caller.projectId;
      });
      return listing(call, "subnets", seen.map(subnetView));
    })
    .on("POST", "/subnets", (call) => {
      const asked = objectAt(call.body, "subnet");
      const network = state.requireNetwork(textAt(asked, "network_id"), call.caller);
      if (!call.caller.isAdmin && network.projectId !== call.caller.projectId) {
        throw forbidden("(rule:create_subnet) is disallowed by policy", "PolicyNotAuthorized");
      }
      state.requireQuota(network.projectId, "subnet");
      const gateway = asked.gateway_ip;
      const pools = objectsAt(asked, "allocation_pools").map((pool) => ({
        start: textAt(pool, "start"),
        end: textAt(pool, "end"),
      }));
      const subnet = state.createSubnet({
        networkId: network.id,
        projectId: network.projectId,
        cidr: textAt(asked, "cidr"),
        name: optionalTextAt(asked, "name") ?? "",
        description: optionalTextAt(asked, "description") ?? "",
        isDhcpEnabled: asked.enable_dhcp !== false,
        dnsServers: textsAt(asked, "dns_nameservers"),
        ...(gateway === null || typeof gateway === "string" ? { gatewayIp: gateway } : {}),
        ...(pools.length > 0 && { pools }),
      });
      return created({ subnet: subnetView(subnet) });
    })
    .on("GET", "/subnets/:id", (call, { id = "" }) => ok({ subnet: subnetView(require(call, id)) }))
    .on("DELETE", "/subnets/:id", (call, { id = "" }) => {
      const subnet = require(call, id);
      if (state.portsOf(subnet.networkId).some((port) => port.fixedIps.some(({ subnetId }) => subnetId === id))) {
        throw conflict(
          `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
          "SubnetInUse",
        );
      }
      state.subnets.delete(id);
      return noContent;
    });
}

function networkView(state: NetworkState, network: NetworkRecord, call: Call): Record<string, unknown> {
  return {
    id: network.id,
    name: network.name,
    description: network.description,
    tenant_id: network.projectId,
    project_id: network.projectId,
    admin_state_up: true,
    status: "ACTIVE",
    shared: network.isShared,
    "router:external": network.isExternal,
    mtu: network.mtu,
    port_security_enabled: network.isPortSecurityEnabled,
    subnets: state.subnetsOf(network.id).map(({ id }) => id),
    availability_zones: [],
    availability_zone_hints: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    ...(network.isExternal && { is_default: false }),
    tags: network.tags,
    ...(call.caller.isAdmin && {
      "provider:network_type": "vxlan",
      "provider:physical_network": null,
      "provider:segmentation_id": 100,
    }),
  };
}

const subnetView = (subnet: SubnetRecord): Record<string, unknown> => ({
  id: subnet.id,
  name: subnet.name,
  description: subnet.description,
  tenant_id: subnet.projectId,
  project_id: subnet.projectId,
  network_id: subnet.networkId,
  ip_version: subnet.ipVersion,
  cidr: subnet.cidr,
  gateway_ip: subnet.gatewayIp,
  enable_dhcp: subnet.isDhcpEnabled,
  allocation_pools: subnet.pools,
  dns_nameservers: subnet.dnsServers,
  host_routes: [],
  ipv6_address_mode: null,
  ipv6_ra_mode: null,
  subnetpool_id: null,
  service_types: [],
  tags: [],
});
