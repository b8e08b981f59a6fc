import { badRequest, conflict } from "../core/api-error.ts";
import { addressNumber, addressText, prefixRange } from "./addresses.ts";
import type { PortAddress, SubnetRecord } from "./records.ts";

/** One wanted address: of a subnet, of whichever subnet it lies in, or any. */
export interface WantedAddress {
  readonly subnetId?: string | undefined;
  readonly address?: string | undefined;
}

/** Addresses in use, by subnet. */
export class AddressPool {
  readonly #used = new Map<string, Set<string>>();
  /** Where the search for a free address goes on; addresses that were given back come round again. */
  readonly #next = new Map<string, bigint>();

  /**
   * Takes addresses; undefined = one of every IP version that `subnets` has. On a refusal nothing is taken.
   * @throws ApiError 400 (not of the subnet), 409 (in use, none left).
   */
  take(
    networkId: string,
    subnets: readonly SubnetRecord[],
    wanted: readonly WantedAddress[] = onePerVersion(subnets),
  ): readonly PortAddress[] {
    const taken: PortAddress[] = [];
    try {
      for (const each of wanted) taken.push(this.#takeOne(networkId, subnets, each));
    } catch (error) {
      this.giveBack(taken);
      throw error;
    }
    return taken;
  }

  giveBack(addresses: readonly PortAddress[]): void {
    for (const { subnetId, address } of addresses) this.#used.get(subnetId)?.delete(address);
  }

  #takeOne(networkId: string, subnets: readonly SubnetRecord[], { subnetId, address }: WantedAddress): PortAddress {
    const subnet = subnets.find((each) => (subnetId === undefined ? contains(each, address) : each.id === subnetId));
    if (!subnet) throw outside(networkId, { subnetId, address });
    const used = this.#used.get(subnet.id) ?? new Set();
    this.#used.set(subnet.id, used);
    const chosen = address ?? this.#free(subnet, used);
    if (!contains(subnet, chosen)) {
      throw badRequest(`IP address ${chosen} is not a valid IP for the specified subnet.`, "InvalidIpForSubnet");
    }
    if (used.has(chosen)) {
      throw conflict(`IP address ${chosen} already allocated in subnet ${subnet.id}`, "IpAddressAlreadyAllocated");
    }
    used.add(chosen);
    return { subnetId: subnet.id, address: chosen };
  }

  #free(subnet: SubnetRecord, used: ReadonlySet<string>): string {
    const from = this.#next.get(subnet.id) ?? 0n;
    const found = firstFree(subnet, used, from) ?? firstFree(subnet, used, 0n);
    if (found === undefined) {
      throw conflict(`No more IP addresses available on network ${subnet.networkId}.`, "IpAddressGenerationFailure");
    }
    this.#next.set(subnet.id, found + 1n);
    return addressText(found, subnet.ipVersion);
  }
}

function firstFree(subnet: SubnetRecord, used: ReadonlySet<string>, from: bigint): bigint | undefined {
  for (const pool of subnet.pools) {
    const start = addressNumber(pool.start) ?? 0n;
    const end = addressNumber(pool.end) ?? 0n;
    for (let at = from > start ? from : start; at <= end; at += 1n) {
      const address = addressText(at, subnet.ipVersion);
      if (!used.has(address) && address !== subnet.gatewayIp) return at;
    }
  }
  return undefined;
}

const onePerVersion = (subnets: readonly SubnetRecord[]): readonly WantedAddress[] =>
  ([4, 6] as const).flatMap((version) => {
    const subnet = subnets.find(({ ipVersion }) => ipVersion === version);
    return subnet ? [{ subnetId: subnet.id }] : [];
  });

function outside(networkId: string, { subnetId, address }: WantedAddress): Error {
  if (subnetId === undefined) {
    const text = `IP address ${address} is not a valid IP for any of the subnets on the specified network.`;
    return badRequest(text, "InvalidIpForNetwork");
  }
  const text = `Invalid input for operation: Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${subnetId}.`;
  return badRequest(text, "InvalidInput");
}

function contains(subnet: SubnetRecord, address: string | undefined): boolean {
  const range = prefixRange(subnet.cidr);
  const value = address === undefined ? undefined : addressNumber(address);
  if (!range || value === undefined) return false;
  const isHost = range.ipVersion === 6 || (value !== range.first && value !== range.last);
  return (address?.includes(":") ? 6 : 4) === range.ipVersion && value >= range.first && value <= range.last && isHost;
}
