import type { Router } from "../../http/router.ts";
import { badRequest, conflict, forbidden, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok, projectOf } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { listing } from "./listing.ts";
import type { NetworkState } from "./network-state.ts";
import type { FloatingIpRecord } from "./records.ts";

/** `/floatingips`. */
export function routeFloatingIps(router: Router<Call>, state: NetworkState): void {
  const require = (call: Call, id: string): FloatingIpRecord => {
    const floating = state.floatingIps.get(id);
    if (!floating || !(call.caller.isAdmin || floating.projectId === call.caller.projectId)) {
      throw notFound(`Floating IP ${id} could not be found`, "FloatingIPNotFound");
    }
    return floating;
  };
  router
    .on("GET", "/floatingips", (call) => {
      const seen = [...state.floatingIps.values()].filter(
        ({ projectId }) => call.caller.isAdmin || projectId === call.caller.projectId,
      );
      return listing(
        call,
        "floatingips",
        seen.map((floating) => floatingView(state, floating)),
      );
    })
    .on("POST", "/floatingips", (call) => created({ floatingip: floatingView(state, create(state, call)) }))
    .on("GET", "/floatingips/:id", (call, { id = "" }) => ok({ floatingip: floatingView(state, require(call, id)) }))
    .on("PUT", "/floatingips/:id", (call, { id = "" }) => {
      const floating = require(call, id);
      const asked = objectAt(call.body, "floatingip");
      floating.description = optionalTextAt(asked, "description") ?? floating.description;
      if ("port_id" in asked) associate(state, floating, optionalTextAt(asked, "port_id") ?? null);
      return ok({ floatingip: floatingView(state, floating) });
    })
    .on("DELETE", "/floatingips/:id", (call, { id = "" }) => {
      const floating = require(call, id);
      state.floatingIps.delete(floating.id);
      state.addresses.giveBack([floating]);
      return noContent;
    });
}

function create(state: NetworkState, call: Call): FloatingIpRecord {
  const asked = objectAt(call.body, "floatingip");
  const network = state.requireNetwork(textAt(asked, "floating_network_id"), call.caller);
  if (!network.isExternal)
    throw badRequest(`Bad floatingip request: Network ${network.id} is not a valid external network.`, "BadRequest");
  const wanted = optionalTextAt(asked, "floating_ip_address");
  if (wanted !== undefined && !call.caller.isAdmin) {
    throw forbidden(
      "(rule:create_floatingip and rule:create_floatingip:floating_ip_address) is disallowed by policy",
      "PolicyNotAuthorized",
    );
  }
  const projectId = (call.caller.isAdmin && optionalTextAt(asked, "project_id")) || projectOf(call);
  state.requireQuota(projectId, "floatingip");
  const subnets = state.subnetsOf(network.id).filter(({ ipVersion }) => ipVersion === 4);
  const [taken] = state.addresses.take(network.id, subnets, wanted === undefined ? undefined : [{ address: wanted }]);
  if (!taken) throw badRequest(`Network ${network.id} does not contain any IPv4 subnet`, "BadRequest");
  const floating: FloatingIpRecord = {
    id: state.environment.uuid(),
    address: taken.address,
    subnetId: taken.subnetId,
    networkId: network.id,
    projectId,
    description: optionalTextAt(asked, "description") ?? "",
    portId: null,
    fixedIp: null,
    tags: [],
  };
  associate(state, floating, optionalTextAt(asked, "port_id") ?? null);
  state.floatingIps.set(floating.id, floating);
  return floating;
}

function associate(state: NetworkState, floating: FloatingIpRecord, portId: string | null): void {
  if (portId === null) {
    Object.assign(floating, { portId: null, fixedIp: null });
    return;
  }
  const port = state.ports.get(portId);
  if (!port) throw notFound(`Port ${portId} could not be found.`, "PortNotFound");
  if (!port.fixedIps.some(({ address }) => !address.includes(":"))) {
    throw badRequest(
      `Bad floatingip request: Cannot add floating IP to port ${portId} that has no fixed IPv4 addresses.`,
      "BadRequest",
    );
  }
  const other = [...state.floatingIps.values()].find((each) => each !== floating && each.portId === portId);
  if (other) {
    throw conflict(
      `Cannot associate floating IP ${floating.address} (${floating.id}) with port ${portId} using fixed IP ${port.fixedIps[0]?.address}, as that fixed IP already has a floating IP on external network ${floating.networkId}.`,
      "FloatingIPPortAlreadyAssociated",
    );
  }
  Object.assign(floating, { portId, fixedIp: port.fixedIps[0]?.address ?? null });
}

/** The router between the port's subnet and the external network. */
function routerOf(state: NetworkState, floating: FloatingIpRecord): string | null {
  const subnetIds = state.ports.get(floating.portId ?? "")?.fixedIps.map(({ subnetId }) => subnetId) ?? [];
  const between = [...state.routers.values()].find(
    (each) => each.externalNetworkId === floating.networkId && each.subnetIds.some((id) => subnetIds.includes(id)),
  );
  return between?.id ?? null;
}

function portDetails(state: NetworkState, portId: string | null): Record<string, unknown> | null {
  const port = state.ports.get(portId ?? "");
  if (!port) return null;
  return {
    name: port.name,
    network_id: port.networkId,
    mac_address: port.macAddress,
    admin_state_up: port.isAdminUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
  };
}

const floatingView = (state: NetworkState, floating: FloatingIpRecord): Record<string, unknown> => ({
  id: floating.id,
  floating_ip_address: floating.address,
  fixed_ip_address: floating.fixedIp,
  port_id: floating.portId,
  floating_network_id: floating.networkId,
  router_id: routerOf(state, floating),
  port_details: portDetails(state, floating.portId),
  tenant_id: floating.projectId,
  project_id: floating.projectId,
  status: floating.portId === null ? "DOWN" : "ACTIVE",
  description: floating.description,
  tags: floating.tags,
});
