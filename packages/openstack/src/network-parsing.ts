import type { Fields } from "./answer.ts";
import type { FloatingIp, Network, Port, SecurityGroup, SecurityGroupRule, Subnet } from "./network.ts";

export function readNetwork(network: Fields): Network {
  return {
    id: network.text("id"),
    name: network.text("name"),
    projectId: projectOf(network),
    isShared: network.flag("shared"),
    isExternal: network.flag("router:external"),
    status: network.text("status"),
    subnetIds: network.texts("subnets"),
    mtu: network.optionalNumber("mtu"),
  };
}

export function readSubnet(subnet: Fields): Subnet {
  return {
    id: subnet.text("id"),
    name: subnet.text("name"),
    networkId: subnet.text("network_id"),
    cidr: subnet.text("cidr"),
    ipVersion: subnet.number("ip_version") === 6 ? 6 : 4,
    gatewayIp: subnet.textOrNull("gateway_ip"),
    isDhcpEnabled: subnet.flag("enable_dhcp"),
    allocationPools: subnet
      .optionalList("allocation_pools")
      .map((pool) => ({ start: pool.text("start"), end: pool.text("end") })),
  };
}

export function readPort(port: Fields): Port {
  return {
    id: port.text("id"),
    name: port.optionalText("name") ?? "",
    networkId: port.text("network_id"),
    projectId: projectOf(port),
    deviceId: port.optionalText("device_id") ?? "",
    deviceOwner: port.optionalText("device_owner") ?? "",
    macAddress: port.text("mac_address"),
    fixedIps: port
      .optionalList("fixed_ips")
      .map((ip) => ({ subnetId: ip.text("subnet_id"), address: ip.text("ip_address") })),
    securityGroupIds: port.texts("security_groups"),
    // A cloud without the extension filters every port.
    isPortSecurityEnabled: port.has("port_security_enabled") ? port.flag("port_security_enabled") : true,
    allowedAddressPairs: port.optionalList("allowed_address_pairs").map((pair) => ({
      ipAddress: pair.text("ip_address"),
      macAddress: pair.optionalText("mac_address") ?? port.text("mac_address"),
    })),
    dnsName: port.optionalText("dns_name") || undefined,
    vnicType: port.optionalText("binding:vnic_type"),
    status: port.text("status"),
    description: port.optionalText("description") ?? "",
    tags: port.texts("tags"),
  };
}

export function readSecurityGroup(group: Fields): SecurityGroup {
  return {
    id: group.text("id"),
    name: group.text("name"),
    description: group.optionalText("description") ?? "",
    projectId: projectOf(group),
    rules: group.optionalList("security_group_rules").map(readRule),
  };
}

function readRule(rule: Fields): SecurityGroupRule {
  return {
    id: rule.text("id"),
    direction: rule.text("direction") === "egress" ? "egress" : "ingress",
    etherType: rule.text("ethertype"),
    // Some releases give protocol numbers as numbers.
    protocol: rule.optionalText("protocol") ?? rule.optionalNumber("protocol")?.toString() ?? null,
    portMin: rule.optionalNumber("port_range_min") ?? null,
    portMax: rule.optionalNumber("port_range_max") ?? null,
    remoteCidr: rule.textOrNull("remote_ip_prefix"),
    remoteGroupId: rule.textOrNull("remote_group_id"),
  };
}

export function readFloatingIp(address: Fields): FloatingIp {
  return {
    id: address.text("id"),
    address: address.text("floating_ip_address"),
    fixedIp: address.textOrNull("fixed_ip_address"),
    portId: address.textOrNull("port_id"),
    networkId: address.text("floating_network_id"),
    projectId: projectOf(address),
    description: address.optionalText("description") ?? "",
  };
}

/** Neutron names the project twice; its own objects (router and DHCP ports) may have none. */
function projectOf(object: Fields): string {
  return object.optionalText("project_id") ?? object.optionalText("tenant_id") ?? "";
}
