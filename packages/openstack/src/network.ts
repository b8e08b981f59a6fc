/**
 * Neutron v2, as much of it as disaster recovery needs. Methods throw `OutsideError` (service `neutron`); `find*` answer
 * undefined for 404; `delete*` of what is not there succeeds. Source of formats: https://docs.openstack.org/api-ref/network/v2/
 */
export interface NetworkClient {
  findNetwork(id: string): Promise<Network | undefined>;
  listNetworks(filter: {
    readonly name?: string;
    readonly projectId?: string;
    readonly isExternal?: boolean;
  }): Promise<readonly Network[]>;
  /** An unshared network without a router: nothing outside it is reached. */
  createNetwork(request: {
    readonly name: string;
    readonly description: string;
    readonly projectId: string;
    readonly mtu?: number;
  }): Promise<Network>;
  /** One that is not there counts as deleted. */
  deleteNetwork(id: string): Promise<void>;
  createSubnet(request: CreateSubnet): Promise<Subnet>;
  deleteSubnet(id: string): Promise<void>;
  findSubnet(id: string): Promise<Subnet | undefined>;
  listSubnets(filter: { readonly networkId?: string }): Promise<readonly Subnet[]>;
  findPort(id: string): Promise<Port | undefined>;
  listPorts(filter: {
    readonly deviceId?: string;
    readonly networkId?: string;
    readonly macAddress?: string;
    readonly name?: string;
    readonly projectId?: string;
  }): Promise<readonly Port[]>;
  createPort(request: CreatePort): Promise<Port>;
  /** Changes what is given; what is left out stays. The network of a port stays, and its MAC while it is plugged. */
  updatePort(id: string, change: UpdatePort & PortDevice): Promise<void>;
  deletePort(id: string): Promise<void>;
  listSecurityGroups(filter: {
    readonly projectId?: string;
    readonly name?: string;
  }): Promise<readonly SecurityGroup[]>;
  findSecurityGroup(id: string): Promise<SecurityGroup | undefined>;
  createSecurityGroup(request: { readonly name: string; readonly description: string }): Promise<SecurityGroup>;
  createSecurityGroupRule(groupId: string, rule: Omit<SecurityGroupRule, "id">): Promise<void>;
  deleteSecurityGroupRule(id: string): Promise<void>;
  listFloatingIps(filter: {
    readonly portId?: string;
    readonly projectId?: string;
    readonly address?: string;
  }): Promise<readonly FloatingIp[]>;
  createFloatingIp(request: {
    readonly networkId: string;
    readonly projectId: string;
    readonly portId?: string;
    readonly description: string;
    readonly address?: string;
  }): Promise<FloatingIp>;
  /** `portId` null takes it off its port. */
  associateFloatingIp(id: string, portId: string | null): Promise<void>;
  deleteFloatingIp(id: string): Promise<void>;
  quota(projectId: string): Promise<NetworkQuota>;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly isShared: boolean;
  readonly isExternal: boolean;
  readonly status: string;
  readonly subnetIds: readonly string[];
  readonly mtu: number | undefined;
}
export interface Subnet {
  readonly id: string;
  readonly name: string;
  readonly networkId: string;
  readonly cidr: string;
  readonly ipVersion: 4 | 6;
  readonly gatewayIp: string | null;
  readonly isDhcpEnabled: boolean;
  readonly allocationPools: readonly { readonly start: string; readonly end: string }[];
}
export interface CreateSubnet {
  readonly networkId: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly cidr: string;
  readonly ipVersion: 4 | 6;
  readonly gatewayIp: string | null;
  readonly isDhcpEnabled: boolean;
  readonly allocationPools: readonly { readonly start: string; readonly end: string }[];
}
export interface FixedIp {
  readonly subnetId: string;
  readonly address: string;
}
export interface Port {
  readonly id: string;
  readonly name: string;
  readonly networkId: string;
  readonly projectId: string;
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly macAddress: string;
  readonly fixedIps: readonly FixedIp[];
  readonly securityGroupIds: readonly string[];
  readonly isPortSecurityEnabled: boolean;
  readonly allowedAddressPairs: readonly { readonly ipAddress: string; readonly macAddress: string }[];
  readonly dnsName: string | undefined;
  /** `normal`, `direct`, …; administrators only. */
  readonly vnicType: string | undefined;
  readonly status: string;
  readonly description: string;
  readonly tags: readonly string[];
}
export interface CreatePort {
  readonly networkId: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly macAddress?: string;
  /** Empty = a port without addresses. */
  readonly fixedIps: readonly { readonly subnetId: string; readonly address?: string }[];
  readonly securityGroupIds: readonly string[];
  readonly isPortSecurityEnabled: boolean;
  /** Without a MAC: the port's. */
  readonly allowedAddressPairs: readonly { readonly ipAddress: string; readonly macAddress?: string }[];
  readonly dnsName?: string;
  readonly vnicType?: string;
}
/** Administrators, or the owner of the network; see {@link CreatePort}. */
export type UpdatePort = Partial<
  Pick<CreatePort, "fixedIps" | "securityGroupIds" | "isPortSecurityEnabled" | "allowedAddressPairs">
>;
/** What a port is plugged into; an empty id = nothing. Where Nova owns it, for administrators. */
export interface PortDevice {
  readonly device?: { readonly id: string; readonly owner: string };
}
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly projectId: string;
  readonly rules: readonly SecurityGroupRule[];
}
export interface SecurityGroupRule {
  readonly id: string;
  readonly direction: "ingress" | "egress";
  readonly etherType: string;
  readonly protocol: string | null;
  readonly portMin: number | null;
  readonly portMax: number | null;
  readonly remoteCidr: string | null;
  readonly remoteGroupId: string | null;
}
export interface FloatingIp {
  readonly id: string;
  readonly address: string;
  readonly fixedIp: string | null;
  readonly portId: string | null;
  readonly networkId: string;
  readonly projectId: string;
  readonly description: string;
}
export interface NetworkQuota {
  readonly ports: { readonly limit: number; readonly used: number };
  readonly floatingIps: { readonly limit: number; readonly used: number };
  readonly networks: { readonly limit: number; readonly used: number };
  readonly subnets: { readonly limit: number; readonly used: number };
}
