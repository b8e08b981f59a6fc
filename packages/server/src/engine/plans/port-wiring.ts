import type { NicSettings, PortDescription } from "@protector/contract";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { type AddressSurroundings, addressIn } from "./renumbered-addresses.ts";

/** Settings of a network interface as they hold at the target; what is undefined goes by the mappings. */
export type NicWiring = Omit<NicSettings, "mac_address" | "is_test">;

/** How a port is plugged at the target. Ids that nothing maps are undefined. */
export interface PortWiring {
  /** What was set for this interface alone; undefined when the mappings decide everything. */
  readonly own: NicWiring | undefined;
  readonly networkId: string | undefined;
  /** In order; an address of undefined is any of the subnet. */
  readonly fixedIps: readonly { readonly subnetId: string | undefined; readonly address: string | undefined }[];
  /** Undefined = Neutron makes one. */
  readonly macAddress: string | undefined;
  readonly isPortSecurityEnabled: boolean;
  readonly securityGroupIds: readonly (string | undefined)[];
  readonly floatingIps: readonly { readonly networkId: string | undefined; readonly address: string | undefined }[];
}

/** Decides where a captured port goes: its own settings first, else the mappings. */
export function portWiring(input: AddressSurroundings, member: FailoverMember, port: PortDescription): PortWiring {
  const { mapping, target } = input;
  const own = member.nics.get(port.mac_address.toLowerCase());
  const isPortSecurityEnabled = own?.port_security ?? port.is_port_security_enabled;
  const mapped = () => port.security_group_ids.map((id) => mapping.find("security_group", id));
  return {
    own,
    networkId: own?.network_id ?? mapping.find("network", port.network_id),
    fixedIps:
      own?.fixed_ips?.map(({ subnet_id, address }) => ({ subnetId: subnet_id, address: address ?? undefined })) ??
      port.fixed_ips.map((ip) => {
        const subnetId = mapping.find("subnet", ip.subnet_id);
        const subnet = target.subnets.get(subnetId ?? "");
        return { subnetId, address: subnet && addressIn(input, subnet, ip.address) };
      }),
    macAddress: own?.mac === "new" ? undefined : port.mac_address,
    isPortSecurityEnabled,
    // Neutron refuses security groups on a port without port security.
    securityGroupIds: isPortSecurityEnabled ? (own?.security_group_ids ?? mapped()) : [],
    floatingIps: floatingWiring(mapping, own, port),
  };
}

function floatingWiring(
  mapping: FailoverInput["mapping"],
  own: NicWiring | undefined,
  port: PortDescription,
): PortWiring["floatingIps"] {
  if (own?.floating_ips)
    return own.floating_ips.map(({ network_id, address }) => ({
      networkId: network_id,
      address: address ?? undefined,
    }));
  return port.floating_ips.map(({ network_id }) => {
    return { networkId: mapping.find("floating_ip_pool", network_id), address: undefined };
  });
}

/** Floating IPs that a port gets, where only their number matters. */
export function floatingIpCount({ nics }: FailoverMember, port: PortDescription): number {
  return nics.get(port.mac_address.toLowerCase())?.floating_ips?.length ?? port.floating_ips.length;
}

/** Networks at the target that ports of the members are plugged into. */
export function wiredNetworks(
  mapping: FailoverInput["mapping"],
  members: readonly FailoverMember[],
): ReadonlySet<string> {
  const ids = members.flatMap(({ description, nics }) =>
    description.ports.map(
      (port) => nics.get(port.mac_address.toLowerCase())?.network_id ?? mapping.find("network", port.network_id),
    ),
  );
  return new Set(ids.filter((id) => id !== undefined));
}

/** Settings of one set (recoveries or tests) by lower-case MAC. */
export function nicWirings(nics: readonly NicSettings[], isTest: boolean): ReadonlyMap<string, NicWiring> {
  const own = nics.filter(({ is_test }) => is_test === isTest);
  return new Map(own.map(({ mac_address, is_test: _test, ...wiring }) => [mac_address, wiring]));
}

/**
 * What holds in a test: the tests' settings over the recovery's. A floating IP is in the tests' set or nowhere: that of
 * the recovery is production's.
 */
export function testWirings(nics: readonly NicSettings[]): ReadonlyMap<string, NicWiring> {
  const [real, tests] = [nicWirings(nics, false), nicWirings(nics, true)];
  const macs = new Set([...real.keys(), ...tests.keys()]);
  return new Map(
    [...macs].map((mac) => {
      const { floating_ips: _floatingIps, ...recovery } = real.get(mac) ?? {};
      return [mac, { ...recovery, ...tests.get(mac) }];
    }),
  );
}
