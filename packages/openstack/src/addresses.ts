import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Whether an address lies inside a CIDR; false when the two are of different families or malformed. */
export function isInSubnet(address: string, cidr: string): boolean {
  const [base = "", bits = ""] = cidr.split("/");
  const family = isIPv4(address) && isIPv4(base) ? "ipv4" : isIPv6(address) && isIPv6(base) ? "ipv6" : undefined;
  if (!family || !/^\d+$/.test(bits)) return false;
  const subnet = new BlockList();
  subnet.addSubnet(base, Number(bits), family);
  return subnet.check(address, family);
}

/**
 * The IPv4 address that has the same place in another range: 10.0.1.7 in 10.9.0.0/24 is 10.9.0.7. Undefined for IPv6, for
 * anything malformed, and where that place is the network's own or its broadcast address.
 */
export function samePlaceIn(address: string, cidr: string): string | undefined {
  const [base = "", bits = ""] = cidr.split("/");
  if (!isIPv4(address) || !isIPv4(base) || !/^\d+$/.test(bits) || Number(bits) > 30) return undefined;
  const size = 2 ** (32 - Number(bits));
  const place = asNumber(address) % size;
  if (place === 0 || place === size - 1) return undefined;
  const start = asNumber(base);
  return asAddress(start - (start % size) + place);
}

function asNumber(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function asAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
