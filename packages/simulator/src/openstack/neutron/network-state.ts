import { badRequest, conflict, notFound } from "../core/api-error.ts";
import type { Caller } from "../core/call.ts";
import type { Environment } from "../core/environment.ts";
import { AddressPool, type WantedAddress } from "./address-pool.ts";
import { addressText, prefixRange } from "./addresses.ts";
import type {
  FloatingIpRecord,
  NetworkLimits,
  NetworkRecord,
  PortRecord,
  RouterRecord,
  SecurityGroupRecord,
  SecurityGroupRuleRecord,
  SubnetRecord,
} from "./records.ts";

/** What a port is to be; undefined fields are chosen by Neutron. */
export interface NewPort {
  readonly networkId: string;
  readonly projectId: string;
  readonly name?: string;
  readonly description?: string;
  readonly macAddress?: string | undefined;
  readonly fixedIps?: readonly WantedAddress[] | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly isPortSecurityEnabled?: boolean | undefined;
  readonly addressPairs?: PortRecord["addressPairs"];
  readonly dnsName?: string;
  readonly vnicType?: string;
  readonly deviceId?: string;
  readonly deviceOwner?: string;
}

/** Everything one Neutron knows. */
export class NetworkState {
  readonly environment: Environment;
  readonly networks = new Map<string, NetworkRecord>();
  readonly subnets = new Map<string, SubnetRecord>();
  readonly ports = new Map<string, PortRecord>();
  readonly securityGroups = new Map<string, SecurityGroupRecord>();
  readonly floatingIps = new Map<string, FloatingIpRecord>();
  readonly routers = new Map<string, RouterRecord>();
  readonly addresses = new AddressPool();
  readonly limits = new Map<string, NetworkLimits>();

  constructor(environment: Environment) {
    this.environment = environment;
  }

  limitsOf(projectId: string): NetworkLimits {
    let limits = this.limits.get(projectId);
    if (!limits) {
      limits = {
        port: 10_000,
        network: 1_000,
        subnet: 1_000,
        router: 100,
        floatingip: 1_000,
        security_group: 1_000,
        security_group_rule: 10_000,
      };
      this.limits.set(projectId, limits);
    }
    return limits;
  }

  useOf(projectId: string): Readonly<Record<keyof NetworkLimits, number>> {
    const count = (records: Iterable<{ readonly projectId: string }>) =>
      Iterator.from(records).reduce((sum, record) => sum + (record.projectId === projectId ? 1 : 0), 0);
    const groups = [...this.securityGroups.values()].filter((group) => group.projectId === projectId);
    return {
      port: count(this.ports.values()),
      network: count(this.networks.values()),
      subnet: count(this.subnets.values()),
      router: count(this.routers.values()),
      floatingip: count(this.floatingIps.values()),
      security_group: groups.length,
      security_group_rule: groups.reduce((sum, { rules }) => sum + rules.length, 0),
    };
  }

  /** @throws ApiError 409 `OverQuota`. */
  requireQuota(projectId: string, kind: keyof NetworkLimits): void {
    const limit = this.limitsOf(projectId)[kind];
    if (limit >= 0 && this.useOf(projectId)[kind] >= limit) {
      throw conflict(`Quota exceeded for resources: ['${kind}'].`, "OverQuota");
    }
  }

  /** A network that the caller may use. @throws ApiError 404. */
  requireNetwork(id: string, caller: Caller): NetworkRecord {
    const network = this.networks.get(id);
    const isSeen =
      network && (caller.isAdmin || network.isShared || network.isExternal || network.projectId === caller.projectId);
    if (!isSeen) throw notFound(`Network ${id} could not be found.`, "NetworkNotFound");
    return network;
  }

  subnetsOf(networkId: string): readonly SubnetRecord[] {
    return [...this.subnets.values()].filter((subnet) => subnet.networkId === networkId);
  }

  portsOf(networkId: string): readonly PortRecord[] {
    return this.ports
      .values()
      .filter((port) => port.networkId === networkId)
      .toArray();
  }

  createNetwork(wanted: Pick<NetworkRecord, "name" | "projectId"> & Partial<NetworkRecord>): NetworkRecord {
    const network = {
      id: this.environment.uuid(),
      isShared: false,
      isExternal: false,
      // What an overlay network leaves of 1500.
      mtu: 1450,
      isPortSecurityEnabled: true,
      description: "",
      tags: [],
      ...wanted,
    };
    this.networks.set(network.id, network);
    return network;
  }

  /** @throws ApiError 400 for a malformed or overlapping prefix. */
  createSubnet(wanted: Pick<SubnetRecord, "networkId" | "projectId" | "cidr"> & Partial<SubnetRecord>): SubnetRecord {
    const range = prefixRange(wanted.cidr);
    if (!range)
      throw badRequest(`Invalid input for cidr. Reason: '${wanted.cidr}' is not a valid IP subnet.`, "HTTPBadRequest");
    const overlaps = this.subnetsOf(wanted.networkId).some((other) => {
      const taken = prefixRange(other.cidr);
      return taken && taken.ipVersion === range.ipVersion && taken.first <= range.last && range.first <= taken.last;
    });
    if (overlaps) {
      throw badRequest(
        `Invalid input for operation: Requested subnet with cidr: ${wanted.cidr} for network: ${wanted.networkId} overlaps with another subnet.`,
        "InvalidInput",
      );
    }
    const text = (value: bigint) => addressText(value, range.ipVersion);
    const gatewayIp = wanted.gatewayIp === undefined ? text(range.first + 1n) : wanted.gatewayIp;
    const start = gatewayIp === text(range.first + 1n) ? range.first + 2n : range.first + 1n;
    const pools = [{ start: text(start), end: text(range.ipVersion === 4 ? range.last - 1n : range.last) }];
    const subnet: SubnetRecord = {
      id: this.environment.uuid(),
      name: "",
      isDhcpEnabled: true,
      dnsServers: [],
      description: "",
      ...wanted,
      gatewayIp,
      ipVersion: range.ipVersion,
      pools: wanted.pools ?? pools,
    };
    this.subnets.set(subnet.id, subnet);
    return subnet;
  }

  /** @throws ApiError 400 (address not of the subnet), 409 (MAC or address in use, quota). */
  createPort(wanted: NewPort): PortRecord {
    this.requireQuota(wanted.projectId, "port");
    const taken = this.portsOf(wanted.networkId);
    const macAddress = wanted.macAddress?.toLowerCase() ?? this.#newMac();
    if (taken.some((port) => port.macAddress === macAddress)) {
      throw conflict(
        `Unable to complete operation for network ${wanted.networkId}. The mac address ${macAddress} is in use.`,
        "MacAddressInUse",
      );
    }
    const isPortSecurityEnabled =
      wanted.isPortSecurityEnabled ?? this.networks.get(wanted.networkId)?.isPortSecurityEnabled ?? true;
    const port: PortRecord = {
      id: this.environment.uuid(),
      name: wanted.name ?? "",
      description: wanted.description ?? "",
      networkId: wanted.networkId,
      projectId: wanted.projectId,
      deviceId: wanted.deviceId ?? "",
      deviceOwner: wanted.deviceOwner ?? "",
      macAddress,
      fixedIps: this.addresses.take(wanted.networkId, this.subnetsOf(wanted.networkId), wanted.fixedIps),
      securityGroupIds:
        wanted.securityGroupIds ?? (isPortSecurityEnabled ? [this.defaultGroup(wanted.projectId).id] : []),
      isPortSecurityEnabled,
      addressPairs: wanted.addressPairs ?? [],
      dnsName: wanted.dnsName ?? "",
      vnicType: wanted.vnicType ?? "normal",
      host: "",
      status: "DOWN",
      isAdminUp: true,
      tags: [],
    };
    this.ports.set(port.id, port);
    return port;
  }

  /** Gives a port other addresses. @throws ApiError 400, 409; the port then keeps those that it has. */
  readdress(port: PortRecord, wanted: NewPort["fixedIps"]): void {
    const before = port.fixedIps;
    this.addresses.giveBack(before);
    try {
      port.fixedIps = this.addresses.take(port.networkId, this.subnetsOf(port.networkId), wanted);
    } catch (error) {
      const kept = before.map(({ subnetId, address }) => ({ subnetId, address }));
      this.addresses.take(port.networkId, this.subnetsOf(port.networkId), kept);
      throw error;
    }
  }

  /** The project's group `default`, made on first use. */
  defaultGroup(projectId: string): SecurityGroupRecord {
    const found = this.securityGroups
      .values()
      .find((group) => group.projectId === projectId && group.name === "default");
    if (found) return found;
    const group = this.createSecurityGroup({ name: "default", projectId, description: "Default security group" });
    for (const etherType of ["IPv4", "IPv6"])
      this.addRule(group, { direction: "ingress", etherType, remoteGroupId: group.id, description: null });
    return group;
  }

  createSecurityGroup(wanted: {
    readonly name: string;
    readonly projectId: string;
    readonly description?: string;
    readonly isStateful?: boolean;
  }): SecurityGroupRecord {
    const group: SecurityGroupRecord = {
      id: this.environment.uuid(),
      description: "",
      isStateful: true,
      rules: [],
      ...wanted,
    };
    this.securityGroups.set(group.id, group);
    for (const etherType of ["IPv4", "IPv6"])
      this.addRule(group, { direction: "egress", etherType, description: null });
    return group;
  }

  addRule(
    group: SecurityGroupRecord,
    rule: Pick<SecurityGroupRuleRecord, "direction"> & Partial<SecurityGroupRuleRecord>,
  ): SecurityGroupRuleRecord {
    const added = {
      id: this.environment.uuid(),
      securityGroupId: group.id,
      etherType: "IPv4",
      protocol: null,
      portMin: null,
      portMax: null,
      remoteCidr: null,
      remoteGroupId: null,
      description: "",
      ...rule,
    };
    group.rules = [...group.rules, added];
    return added;
  }

  /** Nova takes a port that the user made. */
  take(portId: string, serverId: string): void {
    const port = this.ports.get(portId);
    if (port) Object.assign(port, { deviceId: serverId });
  }

  /** Nova makes a port for a new server. @throws ApiError 400, 409. */
  createPortFor(
    owner: { readonly serverId: string; readonly projectId: string },
    networkId: string,
    address: string | undefined,
  ): PortRecord {
    return this.createPort({
      networkId,
      projectId: owner.projectId,
      deviceId: owner.serverId,
      fixedIps: address === undefined ? undefined : [{ address }],
    });
  }

  /** Nova binds a port to the server's host. */
  bind(portId: string, to: { readonly serverId: string; readonly host: string; readonly zone: string }): void {
    const port = this.ports.get(portId);
    if (!port) return;
    Object.assign(port, { deviceId: to.serverId, deviceOwner: `compute:${to.zone}`, host: to.host, status: "ACTIVE" });
  }

  /** Nova gives a port back: its own is deleted, the user's is unbound. */
  release(portId: string, isOwned: boolean): void {
    const port = this.ports.get(portId);
    if (!port) return;
    if (isOwned) this.deletePort(port);
    else Object.assign(port, { deviceId: "", deviceOwner: "", host: "", status: "DOWN" });
  }

  deletePort(port: PortRecord): void {
    this.ports.delete(port.id);
    this.addresses.giveBack(port.fixedIps);
    for (const floating of this.floatingIps.values()) {
      if (floating.portId === port.id) Object.assign(floating, { portId: null, fixedIp: null });
    }
  }

  #newMac(): string {
    const tail = [...this.environment.random.bytes(3)].map((byte) => byte.toString(16).padStart(2, "0"));
    return ["fa", "16", "3e", ...tail].join(":");
  }
}
