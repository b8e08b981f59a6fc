import type { Member, MemberNicSettings } from "@protector/contract";
import { isInSubnet, type Network, type SecurityGroup, type Subnet } from "@protector/openstack";
import { type Cell, type FileProblems, type FileRow, itemsOf, type NicColumn } from "./cell.ts";

/** What the other site has, for people's names of it. */
export interface OtherSite {
  readonly name: string;
  readonly networks: readonly Network[];
  readonly subnets: readonly Subnet[];
  readonly securityGroups: readonly SecurityGroup[];
}

/** A network interface of a file: what it is to be, or that it has no settings of its own. */
export interface ReadNic {
  readonly member: Member;
  readonly mac: string;
  readonly isTest: boolean;
  /** Undefined: what it had is taken away. */
  readonly settings: MemberNicSettings | undefined;
}

/** Reads one line about a network interface. Undefined when something is wrong with it, which `problems` has then. */
export function readNicRow(
  row: FileRow,
  {
    members,
    other,
    problems,
  }: { readonly members: readonly Member[]; readonly other: OtherSite; readonly problems: FileProblems },
): ReadNic | undefined {
  const reader = new NicReader(row, other, problems);
  const nic = reader.nic(members);
  const settings = reader.settings();
  return (
    nic && {
      ...nic,
      settings: settings && { member_id: nic.member.id, mac_address: nic.mac, is_test: nic.isTest, ...settings },
    }
  );
}

class NicReader {
  readonly #row: FileRow;
  readonly #other: OtherSite;
  readonly #problems: FileProblems;

  constructor(row: FileRow, other: OtherSite, problems: FileProblems) {
    this.#row = row;
    this.#other = other;
    this.#problems = problems;
  }

  #cell(name: NicColumn): Cell | undefined {
    return this.#row.cells.get(name);
  }

  #wrong(cell: Cell, text: string): undefined {
    this.#problems.add(cell.place, text);
  }

  nic(members: readonly Member[]): Omit<ReadNic, "settings"> | undefined {
    const [member, nic, set] = [this.#cell("member"), this.#cell("nic"), this.#cell("set")];
    if (!member || !nic) {
      const lacks = member ? "nic: a MAC address, or its number" : "member: a name or an id";
      return void this.#problems.add(this.#row.place, `it lacks ${lacks}.`);
    }
    const [found, second] = members.filter(({ id, name }) => id === member.text || name === member.text);
    if (!found) return this.#wrong(member, `the group has no member "${member.text}".`);
    if (second) return this.#wrong(member, `several members are named "${member.text}"; write the id.`);
    const macs = found.description?.ports.map((port) => port.mac_address.toLowerCase()) ?? [];
    const mac = /^\d{1,2}$/.test(nic.text)
      ? macs[Number(nic.text) - 1]
      : macs.find((each) => each === nic.text.toLowerCase());
    if (mac === undefined)
      return this.#wrong(nic, `${found.name} has no NIC "${nic.text}"; it has ${macs.join(", ") || "none"}.`);
    const which = set?.text.toLowerCase() ?? "recovery";
    if (which !== "recovery" && which !== "test")
      return set && this.#wrong(set, `set is recovery or test, not "${set.text}".`);
    return { member: found, mac, isTest: which === "test" };
  }

  settings(): Omit<MemberNicSettings, "member_id" | "mac_address" | "is_test"> | undefined {
    const network = this.#network();
    const cells = [this.#cell("network"), this.#cell("addresses")] as const;
    if (cells[0] && !cells[1])
      this.#wrong(cells[0], "a network of its own wants addresses: SUBNET=ADDRESS, SUBNET for any of it, or none.");
    const fixed_ips = this.#fixedIps(network);
    const mac = this.#oneOf("mac", { keep: "keep", new: "new" } as const);
    const port_security = this.#oneOf("port_security", {
      on: true,
      yes: true,
      true: true,
      off: false,
      no: false,
      false: false,
    });
    const security_group_ids = this.#groups();
    const floating_ips = this.#floatingIps();
    const found = {
      ...(network === undefined ? {} : { network_id: network.id }),
      ...(fixed_ips === undefined ? {} : { fixed_ips }),
      ...(mac === undefined ? {} : { mac }),
      ...(port_security === undefined ? {} : { port_security }),
      ...(security_group_ids === undefined ? {} : { security_group_ids }),
      ...(floating_ips === undefined ? {} : { floating_ips }),
    };
    return Object.keys(found).length > 0 ? found : undefined;
  }

  #network(): Network | undefined {
    const cell = this.#cell("network");
    return cell && this.#find(cell, cell.text, { what: "network", among: this.#other.networks });
  }

  #fixedIps(network: Network | undefined) {
    const cell = this.#cell("addresses");
    if (!cell) return undefined;
    const all = this.#other.subnets;
    const among = network ? all.filter(({ networkId }) => networkId === network.id) : all;
    const what = network ? `subnet of network ${network.name}` : "subnet";
    return this.#items(cell).flatMap((item) => {
      const [name = "", address] = item.split("=").map((part) => part.trim());
      const subnet = this.#find(cell, name, { what, among });
      if (!subnet) return [];
      if (address !== undefined && !isInSubnet(address, subnet.cidr))
        return this.#wrong(cell, `${address} is not inside ${subnet.cidr} of subnet ${subnet.name}.`) ?? [];
      return [{ subnet_id: subnet.id, address: address ?? null }];
    });
  }

  #groups(): string[] | undefined {
    const cell = this.#cell("security_groups");
    const among = this.#other.securityGroups;
    return (
      cell && this.#items(cell).flatMap((item) => this.#find(cell, item, { what: "security group", among })?.id ?? [])
    );
  }

  #floatingIps() {
    const cell = this.#cell("floating_ips");
    const among = this.#other.networks.filter(({ isExternal }) => isExternal);
    return (
      cell &&
      this.#items(cell).flatMap((item) => {
        const [name = "", address] = item.split("=").map((part) => part.trim());
        const pool = this.#find(cell, name, { what: "floating-IP pool", among });
        return pool ? [{ network_id: pool.id, address: address ?? null }] : [];
      })
    );
  }

  #items(cell: Cell): readonly string[] {
    return cell.text.toLowerCase() === "none" ? [] : itemsOf(cell);
  }

  #oneOf<T>(name: NicColumn, values: Readonly<Record<string, T>>): T | undefined {
    const cell = this.#cell(name);
    if (!cell) return undefined;
    const value = values[cell.text.toLowerCase()];
    if (value === undefined)
      this.#wrong(cell, `${name} is one of ${Object.keys(values).join(", ")}; not "${cell.text}".`);
    return value;
  }

  #find<T extends { readonly id: string; readonly name: string }>(
    cell: Cell,
    text: string,
    { what, among }: { readonly what: string; readonly among: readonly T[] },
  ): T | undefined {
    const byId = among.find(({ id }) => id === text);
    if (byId) return byId;
    const [found, second] = among.filter(({ name }) => name === text);
    if (found && !second) return found;
    const there = among.map(({ name, id }) => name || id).slice(0, 10);
    const text2 = second
      ? `several of kind ${what} at ${this.#other.name} are named "${text}"; write the id.`
      : `no ${what} "${text}" at ${this.#other.name}. There: ${there.join(", ") || "none"}.`;
    return this.#wrong(cell, text2);
  }
}

/** What the lists of a site call things: the name, or the id where that is not one thing's alone. */
export function labelIn(items: readonly { readonly id: string; readonly name: string }[]): (id: string) => string {
  const count = new Map<string, number>();
  for (const { name } of items) count.set(name, (count.get(name) ?? 0) + 1);
  const names = new Map(items.map(({ id, name }) => [id, name]));
  return (id) => {
    const name = names.get(id);
    return name && count.get(name) === 1 && !/[;=]/.test(name) ? name : id;
  };
}

/** The cells of an interface's settings, as {@link readNicRow} reads them. */
export function nicCells(
  settings: MemberNicSettings | undefined,
  other: OtherSite,
): Readonly<Partial<Record<NicColumn, string>>> {
  if (!settings) return {};
  const [network, group] = [labelIn(other.networks), labelIn(other.securityGroups)];
  // Within one network a subnet's name says more than in all.
  const near = other.subnets.filter(({ networkId }) => !settings.network_id || networkId === settings.network_id);
  const subnet = labelIn(near);
  const list = (items: readonly string[] | undefined) => items && (items.length > 0 ? items.join("; ") : "none");
  const at = (name: string, address: string | null) => (address === null ? name : `${name}=${address}`);
  const cells = {
    network: settings.network_id && network(settings.network_id),
    addresses: list(settings.fixed_ips?.map(({ subnet_id, address }) => at(subnet(subnet_id), address))),
    mac: settings.mac,
    port_security: settings.port_security === undefined ? undefined : settings.port_security ? "on" : "off",
    security_groups: list(settings.security_group_ids?.map(group)),
    floating_ips: list(settings.floating_ips?.map(({ network_id, address }) => at(network(network_id), address))),
  };
  return Object.fromEntries(Object.entries(cells).filter(([, text]) => text !== undefined && text !== ""));
}
