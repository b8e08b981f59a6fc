import type { CheckResult } from "@protector/contract";
import { isInSubnet, type Subnet, samePlaceIn } from "@protector/openstack";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";

/** What decides whether an address is free to be used. */
export type AddressSurroundings = Pick<FailoverInput, "mapping" | "target" | "members" | "operationId">;

/**
 * The address that a port has in the subnet that its own is mapped to: the same where the range holds it, else the one
 * with the same place in the new range. Undefined = any of the subnet, since that one is taken there, is the gateway's, or
 * two interfaces of the group would get it.
 */
export function addressIn(input: AddressSurroundings, subnet: Subnet, address: string): string | undefined {
  if (isInSubnet(address, subnet.cidr)) return address;
  const candidate = samePlaceIn(address, subnet.cidr);
  if (candidate === undefined || candidate === subnet.gatewayIp || isTaken(input, subnet, candidate)) return undefined;
  return claimsOn(input, subnet, candidate) > 1 ? undefined : candidate;
}

/** Says in the plan which addresses of a server change, and to what. */
export function tellAddresses(input: FailoverInput, member: FailoverMember): readonly CheckResult[] {
  return member.description.ports.flatMap((port) => {
    if (member.nics.get(port.mac_address.toLowerCase())?.fixed_ips) return [];
    return port.fixed_ips.flatMap(({ subnet_id, address }) => {
      const subnet = input.target.subnets.get(input.mapping.find("subnet", subnet_id) ?? "");
      if (!subnet || isInSubnet(address, subnet.cidr)) return [];
      const becomes = addressIn(input, subnet, address) ?? `any free address of subnet ${subnet.name || subnet.id}`;
      const reason = `${address} is not inside ${subnet.cidr} at ${input.target.siteName}: it becomes ${becomes}.`;
      return [{ check: "member.address_changes", result: "warning", subject: member.name, reason, remedy: null }];
    });
  });
}

function isTaken({ target, operationId }: AddressSurroundings, subnet: Subnet, address: string): boolean {
  return target.ports.some(
    ({ networkId, fixedIps, description }) =>
      networkId === subnet.networkId &&
      !description.includes(operationId) &&
      fixedIps.some((ip) => ip.address === address),
  );
}

/** Interfaces of the group that want this address. */
function claimsOn({ mapping, members }: AddressSurroundings, subnet: Subnet, address: string): number {
  const wanted = members.flatMap(({ description, nics }) =>
    description.ports.flatMap((port) => {
      const own = nics.get(port.mac_address.toLowerCase())?.fixed_ips;
      if (own) return own.map((ip) => ip.address);
      return port.fixed_ips.flatMap((ip) =>
        mapping.find("subnet", ip.subnet_id) === subnet.id ? [samePlaceIn(ip.address, subnet.cidr)] : [],
      );
    }),
  );
  return wanted.filter((each) => each === address).length;
}
