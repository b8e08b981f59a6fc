import { type MemberNicSettings, type NicSettings, ProtectorError } from "@protector/contract";
import { readOptionalJson } from "../db/codecs.ts";
import type { MemberRow } from "../db/repositories/members.ts";

/** Settings of the network interfaces of each member that has some, in the order in which both sites hold them. */
export type NicsByMember = ReadonlyMap<string, readonly NicSettings[]>;

/**
 * Sorts settings by member and sees that they can hold for these members.
 * @throws ProtectorError `mapping.invalid` that names the member, the interface and what to write.
 */
export function requireNicSettings(nics: readonly MemberNicSettings[], members: readonly MemberRow[]): NicsByMember {
  const rows = new Map(members.map((row) => [row.id, row]));
  const byMember = new Map<string, NicSettings[]>();
  const users = new Map<string, string>();
  for (const { member_id, ...settings } of nics) {
    const row = rows.get(member_id);
    if (!row) throw new ProtectorError("mapping.invalid", `NIC ${settings.mac_address}: no member ${member_id}.`);
    const label = `NIC ${settings.mac_address} of ${row.name}${settings.is_test ? " in tests" : ""}`;
    requireKnownNic(row, settings, label);
    requireSense(settings, label);
    const own = byMember.get(member_id) ?? [];
    if (own.some((other) => orderOf(other) === orderOf(settings)))
      throw new ProtectorError("mapping.invalid", `${label} is given twice.`);
    requireOwnAddresses(settings, { users, label });
    byMember.set(member_id, [...own, settings]);
  }
  for (const own of byMember.values()) own.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  return byMember;
}

function orderOf({ mac_address, is_test }: NicSettings): string {
  return `${mac_address} ${is_test ? "test" : ""}`;
}

function requireKnownNic({ description }: MemberRow, { mac_address }: NicSettings, label: string): void {
  const known = readOptionalJson(description)?.ports.map((port) => port.mac_address.toLowerCase()) ?? [];
  if (known.includes(mac_address)) return;
  const there = known.length > 0 ? `It has ${known.join(", ")}.` : "It has none.";
  throw new ProtectorError("mapping.invalid", `${label}: the server has no such interface. ${there}`);
}

function requireSense(settings: NicSettings, label: string): void {
  const { mac_address: _mac, is_test: _test, ...said } = settings;
  if (Object.keys(said).length === 0) throw new ProtectorError("mapping.invalid", `${label} sets nothing.`);
  if (said.network_id !== undefined && said.fixed_ips === undefined) {
    const what = "names a network and no subnet: say the subnets, or an empty list for a port without addresses";
    throw new ProtectorError("mapping.invalid", `${label} ${what}.`);
  }
  if (said.port_security === false && (said.security_group_ids?.length ?? 0) > 0)
    throw new ProtectorError("mapping.invalid", `${label} has port security off, so it can have no security groups.`);
}

function requireOwnAddresses(
  { fixed_ips = [], floating_ips = [], is_test }: NicSettings,
  { users, label }: { readonly users: Map<string, string>; readonly label: string },
): void {
  const wanted = [
    ...fixed_ips.map(({ subnet_id, address }) => ({ address, place: subnet_id })),
    ...floating_ips.map(({ network_id, address }) => ({ address, place: network_id })),
  ];
  for (const { address, place } of wanted) {
    if (address === null) continue;
    const key = `${is_test} ${place} ${address.toLowerCase()}`;
    const user = users.get(key);
    if (user !== undefined)
      throw new ProtectorError("mapping.invalid", `${address} is given to ${user} and to ${label}.`);
    users.set(key, label);
  }
}
