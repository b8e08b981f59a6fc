import type { Router } from "../../http/router.ts";
import { badRequest, conflict, forbidden, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok, projectOf } from "../core/call.ts";
import { type JsonObject, objectAt, objectsAt, optionalTextAt, textAt, textsAt } from "../core/json.ts";
import { listing } from "./listing.ts";
import type { NetworkState } from "./network-state.ts";
import { requireOwnProject } from "./networks.ts";
import type { NetworkRecord, PortRecord } from "./records.ts";

/** `/ports`. */
export function routePorts(router: Router<Call>, state: NetworkState): void {
  const require = (call: Call, id: string): PortRecord => {
    const port = state.ports.get(id);
    const ownsNetwork = port && state.networks.get(port.networkId)?.projectId === call.caller.projectId;
    if (!port || !(call.caller.isAdmin || port.projectId === call.caller.projectId || ownsNetwork)) {
      throw notFound(`Port ${id} could not be found.`, "PortNotFound");
    }
    return port;
  };
  router
    .on("GET", "/ports", (call) => {
      const seen = [...state.ports.values()].filter(
        (port) => call.caller.isAdmin || port.projectId === call.caller.projectId,
      );
      return listing(
        call,
        "ports",
        seen.map((port) => portView(port, call)),
      );
    })
    .on("POST", "/ports", (call) => created({ port: portView(createPort(state, call), call) }))
    .on("GET", "/ports/:id", (call, { id = "" }) => ok({ port: portView(require(call, id), call) }))
    .on("PUT", "/ports/:id", (call, { id = "" }) => {
      const port = require(call, id);
      updatePort(state, port, call);
      return ok({ port: portView(port, call) });
    })
    .on("DELETE", "/ports/:id", (call, { id = "" }) => {
      state.deletePort(require(call, id));
      return noContent;
    });
}

function createPort(state: NetworkState, call: Call): PortRecord {
  const asked = objectAt(call.body, "port");
  const network = state.requireNetwork(textAt(asked, "network_id"), call.caller);
  const projectId = optionalTextAt(asked, "project_id") ?? optionalTextAt(asked, "tenant_id") ?? projectOf(call);
  requireOwnProject(call, projectId);
  requireRights(call, network, asked);
  const groups =
    asked.security_groups === undefined ? undefined : requireGroups(state, call, textsAt(asked, "security_groups"));
  const isSecure = typeof asked.port_security_enabled === "boolean" ? asked.port_security_enabled : undefined;
  if (isSecure === false && groups && groups.length > 0)
    throw badRequest(
      "Port Security must be enabled in order to have allowed address pairs on a port.",
      "PortSecurityAndIPRequiredForSecurityGroups",
    );
  const pairs = objectsAt(asked, "allowed_address_pairs");
  if (isSecure === false && pairs.length > 0) {
    throw conflict(
      "Port Security must be enabled in order to have allowed address pairs on a port.",
      "AddressPairAndPortSecurityRequired",
    );
  }
  const port = state.createPort({
    networkId: network.id,
    projectId,
    name: optionalTextAt(asked, "name") ?? "",
    description: optionalTextAt(asked, "description") ?? "",
    macAddress: optionalTextAt(asked, "mac_address"),
    fixedIps: asked.fixed_ips === undefined ? undefined : fixedIpsOf(asked),
    securityGroupIds: groups ?? (isSecure === false ? [] : undefined),
    isPortSecurityEnabled: isSecure,
    addressPairs: [],
    dnsName: optionalTextAt(asked, "dns_name") ?? "",
    vnicType: optionalTextAt(asked, "binding:vnic_type") ?? "normal",
    deviceId: optionalTextAt(asked, "device_id") ?? "",
    deviceOwner: optionalTextAt(asked, "device_owner") ?? "",
  });
  port.addressPairs = pairsOf(asked, port.macAddress);
  return port;
}

/** What only the network's owner and administrators may choose. @throws ApiError 403. */
function requireRights(call: Call, network: NetworkRecord, asked: JsonObject, action = "create_port"): void {
  if (call.caller.isAdmin || network.projectId === call.caller.projectId) return;
  const fixedIps = objectsAt(asked, "fixed_ips");
  const hasAddress = fixedIps.some((each) => each.ip_address !== undefined);
  const has = (key: string) => asked[key] !== undefined;
  const isRefused =
    has("mac_address") ||
    hasAddress ||
    has("port_security_enabled") ||
    objectsAt(asked, "allowed_address_pairs").length > 0 ||
    has("binding:host_id");
  if (!isRefused) return;
  // oslo.policy tells the whole rule that it built from the attributes of the request.
  const subnet = `rule:${action}:fixed_ips:subnet_id`;
  const fixed = hasAddress ? `${subnet} and rule:${action}:fixed_ips:ip_address` : `(${subnet})`;
  const parts = [
    has("mac_address") && `rule:${action}:mac_address`,
    fixedIps.length > 0 && `(rule:${action}:fixed_ips and (${fixed.replace(/^\((.*)\)$/, "$1")}))`,
    has("port_security_enabled") && `rule:${action}:port_security_enabled`,
    has("allowed_address_pairs") && `rule:${action}:allowed_address_pairs`,
    has("binding:host_id") && `rule:${action}:binding:host_id`,
  ].filter((part) => part !== false);
  const rule = parts.reduce((left, part) => `(${left} and ${part})`, `rule:${action}`);
  throw forbidden(`${rule} is disallowed by policy`, "PolicyNotAuthorized");
}

function requireGroups(state: NetworkState, call: Call, ids: readonly string[]): readonly string[] {
  const groups = ids.map((id) => {
    const group = state.securityGroups.get(id);
    if (!group || !(call.caller.isAdmin || group.projectId === call.caller.projectId)) {
      throw notFound(`Security group ${id} does not exist`, "SecurityGroupNotFound");
    }
    return group;
  });
  if (new Set(groups.map(({ isStateful }) => isStateful)).size > 1) {
    throw conflict(
      "Error binding port to security groups: stateful and stateless security groups cannot be mixed.",
      "SecurityGroupConflict",
    );
  }
  return ids;
}

const fixedIpsOf = (asked: JsonObject) =>
  objectsAt(asked, "fixed_ips").map((each) => ({
    subnetId: optionalTextAt(each, "subnet_id"),
    address: optionalTextAt(each, "ip_address"),
  }));

/** A pair without a MAC is one with the port's. */
const pairsOf = (asked: JsonObject, ownMac: string) =>
  objectsAt(asked, "allowed_address_pairs").map((pair) => ({
    ip_address: textAt(pair, "ip_address"),
    mac_address: optionalTextAt(pair, "mac_address") ?? ownMac,
  }));

function updatePort(state: NetworkState, port: PortRecord, call: Call): void {
  const asked = objectAt(call.body, "port");
  const network = state.networks.get(port.networkId);
  if (network) requireRights(call, network, asked, "update_port");
  const groups =
    asked.security_groups === undefined
      ? port.securityGroupIds
      : requireGroups(state, call, textsAt(asked, "security_groups"));
  if (asked.port_security_enabled === false && groups.length > 0)
    throw conflict(
      "Port has security group associated. Cannot disable port security or IP address until security group is removed",
      "PortSecurityPortHasSecurityGroup",
    );
  port.securityGroupIds = groups;
  if (asked.fixed_ips !== undefined) state.readdress(port, fixedIpsOf(asked));
  if (asked.allowed_address_pairs !== undefined) port.addressPairs = pairsOf(asked, port.macAddress);
  if (typeof asked.port_security_enabled === "boolean") port.isPortSecurityEnabled = asked.port_security_enabled;
  if (typeof asked.admin_state_up === "boolean") port.isAdminUp = asked.admin_state_up;
  const mac = optionalTextAt(asked, "mac_address")?.toLowerCase();
  if (mac !== undefined && mac !== port.macAddress) {
    if (port.host !== "")
      throw conflict(
        `Unable to complete operation on port ${port.id}, port is already bound, port type: ovs, old_mac ${port.macAddress}, new_mac ${mac}.`,
        "PortBound",
      );
    if (state.portsOf(port.networkId).some((other) => other.macAddress === mac)) {
      throw conflict(
        `Unable to complete operation for network ${port.networkId}. The mac address ${mac} is in use.`,
        "MacAddressInUse",
      );
    }
    port.macAddress = mac;
  }
  port.name = optionalTextAt(asked, "name") ?? port.name;
  port.description = optionalTextAt(asked, "description") ?? port.description;
  port.dnsName = optionalTextAt(asked, "dns_name") ?? port.dnsName;
  port.deviceId = optionalTextAt(asked, "device_id") ?? port.deviceId;
  port.deviceOwner = optionalTextAt(asked, "device_owner") ?? port.deviceOwner;
}

function portView(port: PortRecord, call: Call): Record<string, unknown> {
  return {
    id: port.id,
    name: port.name,
    description: port.description,
    network_id: port.networkId,
    tenant_id: port.projectId,
    project_id: port.projectId,
    admin_state_up: port.isAdminUp,
    status: port.status,
    mac_address: port.macAddress,
    fixed_ips: port.fixedIps.map(({ subnetId, address }) => ({ subnet_id: subnetId, ip_address: address })),
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
    security_groups: port.securityGroupIds,
    port_security_enabled: port.isPortSecurityEnabled,
    allowed_address_pairs: port.addressPairs,
    // With the extensions `dns` and `qos` only: fields of those are not there.
    ...(port.dnsName !== "" && { dns_name: port.dnsName, dns_assignment: [] }),
    extra_dhcp_opts: [],
    tags: port.tags,
    "binding:vnic_type": port.vnicType,
    ...(call.caller.isAdmin && {
      "binding:host_id": port.host,
      "binding:vif_type": port.host === "" ? "unbound" : "ovs",
      "binding:vif_details": port.host === "" ? {} : { port_filter: true, bound_drivers: { "0": "openvswitch" } },
      "binding:profile": {},
    }),
  };
}
