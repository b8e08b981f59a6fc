import { isIPv4 } from "node:net";

/** First and last address that Neutron gives out by itself. */
export interface AddressPool {
  readonly start: string;
  readonly end: string;
}

/**
 * Pools without certain addresses, so that a DHCP agent cannot take one that a server is to have. IPv6 pools stay as they
 * are: an agent takes one of 2^64.
 */
export function poolsWithout(pools: readonly AddressPool[], addresses: readonly string[]): readonly AddressPool[] {
  const taken = [...new Set(addresses.filter(isIPv4).map(numberOf))].sort((a, b) => a - b);
  return pools.flatMap((pool) => (isIPv4(pool.start) && isIPv4(pool.end) ? splitPool(pool, taken) : [pool]));
}

function splitPool({ start, end }: AddressPool, taken: readonly number[]): readonly AddressPool[] {
  const last = numberOf(end);
  const parts: AddressPool[] = [];
  let from = numberOf(start);
  for (const address of taken) {
    if (address < from || address > last) continue;
    if (address > from) parts.push({ start: textOf(from), end: textOf(address - 1) });
    from = address + 1;
  }
  if (from <= last) parts.push({ start: textOf(from), end });
  return parts;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function textOf(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join(".");
}
