import { BlockList, isIP } from "node:net";

/** Addresses that nothing outside has: they would lead back to this host or to a cloud's metadata service. */
const NEVER_BY_DEFAULT = ["127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10", "0.0.0.0/8", "::/128"];

/**
 * Whether a URL that a tenant gives is taken: https, no credentials, and an address in the networks of the configuration
 * (without any: all but loopback and link-local). A host name is taken here; for hooks the engine asks again with the
 * address that it leads to.
 * @param networks CIDR.
 */
export function isOutsideUrlAllowed(text: string, networks: readonly string[]): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return false;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) === 0) return networks.length > 0 || !/(^|\.)localhost$/i.test(host);
  return isOutsideAddressAllowed(host, networks);
}

/** The same for an address, which a host name was resolved to. */
export function isOutsideAddressAllowed(address: string, networks: readonly string[]): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const isIn = (list: readonly string[]) => blockList(list).check(address, family);
  return networks.length > 0 ? isIn(networks) : !isIn(NEVER_BY_DEFAULT);
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const isV6 = isIP(address) === 6;
    list.addSubnet(address, prefix === undefined ? (isV6 ? 128 : 32) : Number(prefix), isV6 ? "ipv6" : "ipv4");
  }
  return list;
}
