/** IPv4 and IPv6 addresses as numbers, and prefixes. */
export function addressNumber(address: string): bigint | undefined {
  if (!address.includes(":")) return fromV4(address);
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - left.length - right.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function fromV4(address: string): bigint | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

/** The address of a number; IPv6 groups are not shortened beyond leading zeros. */
export function addressText(value: bigint, ipVersion: 4 | 6): string {
  if (ipVersion === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

/** First and last address of a prefix such as `10.0.0.0/24`; undefined when it is malformed. */
export function prefixRange(
  cidr: string,
): { readonly first: bigint; readonly last: bigint; readonly ipVersion: 4 | 6 } | undefined {
  const [base = "", length = ""] = cidr.split("/");
  const start = addressNumber(base);
  const ipVersion = base.includes(":") ? 6 : 4;
  const bits = ipVersion === 6 ? 128 : 32;
  if (start === undefined || !/^\d+$/.test(length) || Number(length) > bits) return undefined;
  const size = 1n << BigInt(bits - Number(length));
  const first = start - (start % size);
  return { first, last: first + size - 1n, ipVersion };
}
