export interface NetworkRecord {
  readonly id: string;
  name: string;
  readonly projectId: string;
  readonly isShared: boolean;
  readonly isExternal: boolean;
  readonly mtu: number;
  readonly isPortSecurityEnabled: boolean;
  description: string;
  tags: string[];
}

export interface SubnetRecord {
  readonly id: string;
  name: string;
  readonly projectId: string;
  readonly networkId: string;
  readonly cidr: string;
  readonly ipVersion: 4 | 6;
  readonly gatewayIp: string | null;
  readonly isDhcpEnabled: boolean;
  readonly pools: readonly { readonly start: string; readonly end: string }[];
  readonly dnsServers: readonly string[];
  readonly description: string;
}

export interface PortAddress {
  readonly subnetId: string;
  readonly address: string;
}

export interface PortRecord {
  readonly id: string;
  name: string;
  description: string;
  readonly networkId: string;
  readonly projectId: string;
  deviceId: string;
  deviceOwner: string;
  macAddress: string;
  fixedIps: readonly PortAddress[];
  securityGroupIds: readonly string[];
  isPortSecurityEnabled: boolean;
  addressPairs: readonly { readonly ip_address: string; readonly mac_address: string }[];
  dnsName: string;
  vnicType: string;
  /** Compute host; empty while unbound. */
  host: string;
  status: "ACTIVE" | "DOWN";
  isAdminUp: boolean;
  tags: string[];
}

export interface SecurityGroupRecord {
  readonly id: string;
  name: string;
  description: string;
  readonly projectId: string;
  readonly isStateful: boolean;
  rules: readonly SecurityGroupRuleRecord[];
}

export interface SecurityGroupRuleRecord {
  readonly id: string;
  readonly securityGroupId: string;
  readonly direction: "ingress" | "egress";
  readonly etherType: string;
  readonly protocol: string | null;
  readonly portMin: number | null;
  readonly portMax: number | null;
  readonly remoteCidr: string | null;
  readonly remoteGroupId: string | null;
  /** Null for the rules that a group is born with. */
  readonly description: string | null;
}

export interface FloatingIpRecord {
  readonly id: string;
  /** Subnet of the external network that `address` is of. */
  readonly subnetId: string;
  readonly address: string;
  readonly networkId: string;
  readonly projectId: string;
  description: string;
  portId: string | null;
  fixedIp: string | null;
  tags: string[];
}

export interface RouterRecord {
  readonly id: string;
  name: string;
  readonly projectId: string;
  externalNetworkId: string | null;
  subnetIds: readonly string[];
}

export interface NetworkLimits {
  port: number;
  network: number;
  subnet: number;
  router: number;
  floatingip: number;
  security_group: number;
  security_group_rule: number;
}
