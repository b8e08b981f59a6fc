import type { MappingKind, PortDescription, ServerDescription } from "@protector/contract";
import { isInSubnet, type Port, type Subnet, samePlaceIn, type UpdatePort } from "@protector/openstack";
import type { MappingLookup } from "../world/mapping.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { portWiring } from "./port-wiring.ts";

/** The way on which a group left its home. */
export interface Outward {
  readonly mapping: MappingLookup;
  /** Subnets of the site that it went to, by id. */
  readonly subnets: ReadonlyMap<string, Subnet>;
}

/** Whether a resource of home and one of the other site stand for each other, by the way out or by the way home. */
export type Corresponds = (kind: MappingKind, atHome: string, away: string) => boolean;

/** Mappings may have been changed since: nothing is a difference that one of the two ways explains. */
export function correspondence(home: MappingLookup, outward: MappingLookup): Corresponds {
  return (kind, atHome, away) => outward.find(kind, atHome) === away || home.find(kind, away) === atHome;
}

/** How the network interfaces of a server differ from those that wait at home. */
export interface NicChanges {
  /** Places of interfaces that are there now and have no port at home. */
  readonly added: readonly number[];
  /** Ports at home whose interface is gone. */
  readonly removed: readonly Port[];
  readonly rewired: readonly RewiredNic[];
}

/** A port at home that is to be as its counterpart is now. */
export interface RewiredNic {
  readonly index: number;
  readonly port: Port;
  readonly change: UpdatePort;
  /** What it gets that it had not, as at the other site: all of it has to be mapped. */
  readonly gained: Pick<PortDescription, "fixed_ips" | "security_group_ids">;
  /** What is different, for people: `addresses`, `security groups`. */
  readonly told: readonly string[];
}

export const NO_NIC_CHANGES: NicChanges = { added: [], removed: [], rewired: [] };

/** What a server's interfaces are compared with. */
export interface NicsAtHome {
  readonly description: ServerDescription;
  /** By lower-case MAC. */
  readonly ports: ReadonlyMap<string, Port>;
}

/**
 * Compares a server as it is at the other site with what the way out had made of it. What the mappings cannot tell apart is
 * no difference: a port at home never loses what nobody took away.
 */
export function nicChanges(
  input: Pick<FailoverInput, "mapping" | "target" | "members" | "operationId">,
  member: FailoverMember,
  { home, outward }: { readonly home: NicsAtHome; readonly outward: Outward },
): NicChanges {
  const before = new Map(home.description.ports.map((port) => [port.mac_address.toLowerCase(), port]));
  const now = new Map(member.description.ports.map((port) => [port.mac_address.toLowerCase(), port]));
  const corresponds = correspondence(input.mapping, outward.mapping);
  const isMoved = (mac: string) => {
    const [then, is] = [before.get(mac), now.get(mac)];
    if (!then || !is || member.nics.has(mac)) return false;
    const isMapped = input.mapping.find("network", is.network_id) !== undefined;
    return isMapped && !corresponds("network", then.network_id, is.network_id);
  };
  const isNew = (mac: string) => !before.has(mac) || isMoved(mac);
  return {
    added: [...now.keys()].flatMap((mac, index) => (isNew(mac) ? [index] : [])),
    removed: [...before.keys()].flatMap((mac) => {
      const port = home.ports.get(mac);
      return port && (!now.has(mac) || isMoved(mac)) ? [port] : [];
    }),
    rewired: [...now].flatMap(([mac, is], index) => {
      const [then, port] = [before.get(mac), home.ports.get(mac)];
      if (!then || !port || isNew(mac) || member.nics.has(mac)) return [];
      return rewired({ index, port, then, is, wiring: portWiring(input, member, is), outward, corresponds }) ?? [];
    }),
  };
}

interface Compared {
  readonly index: number;
  readonly port: Port;
  readonly then: PortDescription;
  readonly is: PortDescription;
  readonly wiring: ReturnType<typeof portWiring>;
  readonly outward: Outward;
  readonly corresponds: Corresponds;
}

function rewired(compared: Compared): RewiredNic | undefined {
  const { index, port, then, is } = compared;
  const addresses = changedAddresses(compared);
  const groups = is.is_port_security_enabled ? changedGroups(compared) : undefined;
  const isSecurityTurned = then.is_port_security_enabled !== is.is_port_security_enabled;
  const arePairsChanged = is.is_port_security_enabled && pairsText(then) !== pairsText(is);
  const told = [
    ...(addresses ? ["addresses"] : []),
    ...(groups ? ["security groups"] : []),
    ...(isSecurityTurned ? ["port security"] : []),
    ...(arePairsChanged ? ["allowed address pairs"] : []),
  ];
  if (told.length === 0) return undefined;
  const pairs = is.allowed_address_pairs.map((pair) => ({ ipAddress: pair.ip_address, macAddress: pair.mac_address }));
  const change: UpdatePort = {
    ...(addresses ? { fixedIps: addresses.wanted } : {}),
    ...(groups ? { securityGroupIds: groups.wanted } : {}),
    ...(isSecurityTurned ? { isPortSecurityEnabled: is.is_port_security_enabled } : {}),
    ...(arePairsChanged ? { allowedAddressPairs: pairs } : {}),
    // Neutron takes off port security only together with what needs it.
    ...(isSecurityTurned && !is.is_port_security_enabled ? { securityGroupIds: [], allowedAddressPairs: [] } : {}),
  };
  const gained = { fixed_ips: addresses?.gained ?? [], security_group_ids: groups?.gained ?? [] };
  return { index, port, change, gained, told };
}

/** Addresses that the way out made of those at home stay as they are there; others come and go. */
function changedAddresses({ then, is, wiring, outward, corresponds }: Compared) {
  const open = is.fixed_ips.map((ip, index) => ({ ip, index }));
  const take = (isIt: (ip: PortDescription["fixed_ips"][number]) => boolean) => {
    const at = open.findIndex(({ ip }) => isIt(ip));
    return at < 0 ? undefined : open.splice(at, 1)[0];
  };
  const exact = then.fixed_ips.map(({ subnet_id, address }) => {
    const found = take((ip) => {
      const cidr = outward.subnets.get(ip.subnet_id)?.cidr ?? "";
      const isIt = ip.address === address || ip.address === samePlaceIn(address, cidr);
      return isIt && corresponds("subnet", subnet_id, ip.subnet_id);
    });
    return { subnet_id, address, found };
  });
  // One that had no place in the other range got any address there.
  const isAnyOf = (subnetId: string, address: string) => (ip: PortDescription["fixed_ips"][number]) =>
    corresponds("subnet", subnetId, ip.subnet_id) &&
    !isInSubnet(address, outward.subnets.get(ip.subnet_id)?.cidr ?? "");
  const stayed = exact.filter(({ found, subnet_id, address }) => found ?? take(isAnyOf(subnet_id, address)));
  if (stayed.length === then.fixed_ips.length && open.length === 0) return undefined;
  return {
    wanted: [
      ...stayed.map(({ subnet_id, address }) => ({ subnetId: subnet_id, address })),
      ...open.map(({ index }) => {
        const { subnetId = "", address } = wiring.fixedIps[index] ?? {};
        return address === undefined ? { subnetId } : { subnetId, address };
      }),
    ],
    gained: open.map(({ ip }) => ip),
  };
}

function changedGroups({ port, then, is, wiring, outward, corresponds }: Compared) {
  const isPair = (atHome: string, away: string) => corresponds("security_group", atHome, away);
  const gained = is.security_group_ids.filter((away) => !then.security_group_ids.some((id) => isPair(id, away)));
  const wentOut = then.security_group_ids.filter((id) => outward.mapping.find("security_group", id) !== undefined);
  const gone = new Set(wentOut.filter((id) => !is.security_group_ids.some((away) => isPair(id, away))));
  if (gained.length === 0 && gone.size === 0) return undefined;
  const added = is.security_group_ids.flatMap((id, index) => {
    const mapped = wiring.securityGroupIds[index];
    return gained.includes(id) && mapped !== undefined ? [mapped] : [];
  });
  const kept = port.securityGroupIds.filter((id) => !gone.has(id));
  return { wanted: [...new Set([...kept, ...added])], gained };
}

function pairsText({ allowed_address_pairs }: PortDescription): string {
  return allowed_address_pairs
    .map((pair) => `${pair.ip_address} ${pair.mac_address.toLowerCase()}`)
    .toSorted()
    .join(", ");
}
