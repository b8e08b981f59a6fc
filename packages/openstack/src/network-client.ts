import type {
  CreatePort,
  CreateSubnet,
  FloatingIp,
  Network,
  NetworkClient,
  NetworkQuota,
  Port,
  PortDevice,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  UpdatePort,
} from "./network.ts";
import { readFloatingIp, readNetwork, readPort, readSecurityGroup, readSubnet } from "./network-parsing.ts";
import { readQuotaValue } from "./quota.ts";
import type { ServiceCaller } from "./request.ts";

/** Neutron over HTTP. */
export class NeutronClient implements NetworkClient {
  readonly #neutron: ServiceCaller;
  readonly #remember: <T>(key: string, ask: () => Promise<T>) => Promise<T>;

  constructor(neutron: ServiceCaller, remember: <T>(key: string, ask: () => Promise<T>) => Promise<T>) {
    this.#neutron = neutron;
    this.#remember = remember;
  }

  async findNetwork(id: string): Promise<Network | undefined> {
    const network = await this.#neutron.find(`/networks/${encodeURIComponent(id)}`, "network");
    return network && readNetwork(network);
  }

  async listNetworks(filter: Parameters<NetworkClient["listNetworks"]>[0]): Promise<readonly Network[]> {
    const networks = await this.#neutron.list("/networks", "networks", {
      name: filter.name,
      project_id: filter.projectId,
      "router:external": filter.isExternal === undefined ? undefined : String(filter.isExternal),
    });
    return networks.map(readNetwork);
  }

  async createNetwork(request: Parameters<NetworkClient["createNetwork"]>[0]): Promise<Network> {
    const { name, description, projectId, mtu } = request;
    const network = { name, description, project_id: projectId, mtu, admin_state_up: true };
    const answer = await this.#neutron.send({ method: "POST", path: "/networks", body: { network } });
    return readNetwork(answer.fields().object("network"));
  }

  deleteNetwork(id: string): Promise<void> {
    return this.#neutron.remove(`/networks/${encodeURIComponent(id)}`);
  }

  async createSubnet(request: CreateSubnet): Promise<Subnet> {
    const subnet = {
      network_id: request.networkId,
      project_id: request.projectId,
      name: request.name,
      description: request.description,
      cidr: request.cidr,
      ip_version: request.ipVersion,
      gateway_ip: request.gatewayIp,
      enable_dhcp: request.isDhcpEnabled,
      allocation_pools: request.allocationPools.length === 0 ? undefined : request.allocationPools,
    };
    const answer = await this.#neutron.send({ method: "POST", path: "/subnets", body: { subnet } });
    return readSubnet(answer.fields().object("subnet"));
  }

  deleteSubnet(id: string): Promise<void> {
    return this.#neutron.remove(`/subnets/${encodeURIComponent(id)}`);
  }

  async findSubnet(id: string): Promise<Subnet | undefined> {
    const subnet = await this.#neutron.find(`/subnets/${encodeURIComponent(id)}`, "subnet");
    return subnet && readSubnet(subnet);
  }

  async listSubnets(filter: Parameters<NetworkClient["listSubnets"]>[0]): Promise<readonly Subnet[]> {
    return (await this.#neutron.list("/subnets", "subnets", { network_id: filter.networkId })).map(readSubnet);
  }

  async findPort(id: string): Promise<Port | undefined> {
    const port = await this.#neutron.find(`/ports/${encodeURIComponent(id)}`, "port");
    return port && readPort(port);
  }

  async listPorts(filter: Parameters<NetworkClient["listPorts"]>[0]): Promise<readonly Port[]> {
    const query = {
      device_id: filter.deviceId,
      network_id: filter.networkId,
      mac_address: filter.macAddress,
      name: filter.name,
      project_id: filter.projectId,
    };
    return this.#neutron.listAs({ path: "/ports", key: "ports", query }, readPort);
  }

  async createPort(request: CreatePort): Promise<Port> {
    const hasPortSecurity = !request.isPortSecurityEnabled || (await this.#hasPortSecurity());
    const port = portBody(request, hasPortSecurity);
    const answer = await this.#neutron.send({ method: "POST", path: "/ports", body: { port } });
    return readPort(answer.fields().object("port"));
  }

  async updatePort(id: string, change: UpdatePort & PortDevice): Promise<void> {
    const hasPortSecurity = change.isPortSecurityEnabled === undefined || (await this.#hasPortSecurity());
    const port = {
      fixed_ips: change.fixedIps?.map(fixedIpBody),
      security_groups: change.securityGroupIds,
      port_security_enabled: hasPortSecurity ? change.isPortSecurityEnabled : undefined,
      allowed_address_pairs: change.allowedAddressPairs?.map(addressPairBody),
      device_id: change.device?.id,
      device_owner: change.device?.owner,
    };
    await this.#neutron.send({ method: "PUT", path: `/ports/${encodeURIComponent(id)}`, body: { port } });
  }

  deletePort(id: string): Promise<void> {
    return this.#neutron.remove(`/ports/${encodeURIComponent(id)}`);
  }

  async listSecurityGroups(
    filter: Parameters<NetworkClient["listSecurityGroups"]>[0],
  ): Promise<readonly SecurityGroup[]> {
    const query = { project_id: filter.projectId, name: filter.name };
    return (await this.#neutron.list("/security-groups", "security_groups", query)).map(readSecurityGroup);
  }

  async findSecurityGroup(id: string): Promise<SecurityGroup | undefined> {
    const group = await this.#neutron.find(`/security-groups/${encodeURIComponent(id)}`, "security_group");
    return group && readSecurityGroup(group);
  }

  async createSecurityGroup(request: Parameters<NetworkClient["createSecurityGroup"]>[0]): Promise<SecurityGroup> {
    const body = { security_group: request };
    const answer = await this.#neutron.send({ method: "POST", path: "/security-groups", body });
    return readSecurityGroup(answer.fields().object("security_group"));
  }

  async createSecurityGroupRule(groupId: string, rule: Omit<SecurityGroupRule, "id">): Promise<void> {
    const security_group_rule = {
      security_group_id: groupId,
      direction: rule.direction,
      ethertype: rule.etherType,
      protocol: rule.protocol ?? undefined,
      port_range_min: rule.portMin ?? undefined,
      port_range_max: rule.portMax ?? undefined,
      remote_ip_prefix: rule.remoteCidr ?? undefined,
      remote_group_id: rule.remoteGroupId ?? undefined,
    };
    await this.#neutron.send({ method: "POST", path: "/security-group-rules", body: { security_group_rule } });
  }

  deleteSecurityGroupRule(id: string): Promise<void> {
    return this.#neutron.remove(`/security-group-rules/${encodeURIComponent(id)}`);
  }

  async listFloatingIps(filter: Parameters<NetworkClient["listFloatingIps"]>[0]): Promise<readonly FloatingIp[]> {
    const addresses = await this.#neutron.list("/floatingips", "floatingips", {
      port_id: filter.portId,
      project_id: filter.projectId,
      floating_ip_address: filter.address,
    });
    return addresses.map(readFloatingIp);
  }

  async createFloatingIp(request: Parameters<NetworkClient["createFloatingIp"]>[0]): Promise<FloatingIp> {
    const floatingip = {
      floating_network_id: request.networkId,
      project_id: request.projectId,
      port_id: request.portId,
      description: request.description,
      floating_ip_address: request.address,
    };
    const answer = await this.#neutron.send({ method: "POST", path: "/floatingips", body: { floatingip } });
    return readFloatingIp(answer.fields().object("floatingip"));
  }

  async associateFloatingIp(id: string, portId: string | null): Promise<void> {
    const path = `/floatingips/${encodeURIComponent(id)}`;
    await this.#neutron.send({ method: "PUT", path, body: { floatingip: { port_id: portId } } });
  }

  deleteFloatingIp(id: string): Promise<void> {
    return this.#neutron.remove(`/floatingips/${encodeURIComponent(id)}`);
  }

  async quota(projectId: string): Promise<NetworkQuota> {
    const path = `/quotas/${encodeURIComponent(projectId)}/details.json`;
    const quota = (await this.#neutron.send({ method: "GET", path })).fields().object("quota");
    return {
      ports: readQuotaValue(quota.object("port")),
      floatingIps: readQuotaValue(quota.object("floatingip")),
      networks: readQuotaValue(quota.object("network")),
      subnets: readQuotaValue(quota.object("subnet")),
    };
  }

  /** Without the extension Neutron refuses a port that mentions it. */
  #hasPortSecurity(): Promise<boolean> {
    return this.#remember("neutron port-security", async () => {
      const answer = await this.#neutron.send({ method: "GET", path: "/extensions/port-security", accept: [404] });
      return answer.status !== 404;
    });
  }
}

/** JSON leaves undefined fields out; what most clouds let only administrators set is sent only when it says something. */
const fixedIpBody = ({ subnetId, address }: CreatePort["fixedIps"][number]) => ({
  subnet_id: subnetId,
  ip_address: address,
});

const addressPairBody = ({ ipAddress, macAddress }: CreatePort["allowedAddressPairs"][number]) => ({
  ip_address: ipAddress,
  mac_address: macAddress,
});

function portBody(request: CreatePort, hasPortSecurity: boolean): object {
  return {
    network_id: request.networkId,
    project_id: request.projectId,
    name: request.name,
    description: request.description,
    admin_state_up: true,
    mac_address: request.macAddress,
    fixed_ips: request.fixedIps.map(fixedIpBody),
    security_groups: request.securityGroupIds,
    port_security_enabled: hasPortSecurity ? request.isPortSecurityEnabled : undefined,
    allowed_address_pairs:
      request.allowedAddressPairs.length === 0 ? undefined : request.allowedAddressPairs.map(addressPairBody),
    dns_name: request.dnsName,
    "binding:vnic_type": request.vnicType,
  };
}
