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
