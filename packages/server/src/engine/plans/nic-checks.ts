import type { CheckResult, PortDescription } from "@protector/contract";
import { isInSubnet } from "@protector/openstack";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { type NicWiring, portWiring } from "./port-wiring.ts";

/** Settings of a network interface that do not fit the target. */
export interface NicProblem {
  readonly member: FailoverMember;
  readonly reason: string;
}

/** What the settings of single network interfaces name that is not at the target, or does not fit together there. */
export function nicProblems(input: FailoverInput): readonly NicProblem[] {
  return withOwnSettings(input).flatMap(({ member, port, own }) =>
    problemsOf(input, member, { port, own }).map((reason) => ({
      member,
      reason: `NIC ${port.mac_address}: ${reason}`,
    })),
  );
}

/** Says in the plan what each of these interfaces is going to be, and which settings are of none. */
export function tellNics(input: FailoverInput): readonly CheckResult[] {
  const tell = (member: FailoverMember, reason: string): CheckResult => {
    return { check: "member.nic_settings", result: "warning", subject: member.name, reason, remedy: null };
  };
  const { siteName } = input.target;
  return [
    ...withOwnSettings(input).map(({ member, port, own }) =>
      tell(member, `NIC ${port.mac_address} has settings of its own at ${siteName}: ${settingsText(input, own)}.`),
    ),
    ...input.members.flatMap((member) =>
      staleNics(member).map((mac) =>
        tell(member, `Settings of NIC ${mac} hold for nothing: the server has none of it.`),
      ),
    ),
  ];
}

/** Interfaces that were unplugged since somebody said what they are to be. */
function staleNics({ nics, description }: FailoverMember): readonly string[] {
  const known = new Set(description.ports.map((port) => port.mac_address.toLowerCase()));
  return [...nics.keys()].filter((mac) => !known.has(mac));
}

interface OwnSettings {
  readonly port: PortDescription;
  readonly own: NicWiring;
}

function withOwnSettings({ members }: FailoverInput): readonly (OwnSettings & { readonly member: FailoverMember })[] {
  return members.flatMap((member) =>
    member.description.ports.flatMap((port) => {
      const own = member.nics.get(port.mac_address.toLowerCase());
      return own ? [{ member, port, own }] : [];
    }),
  );
}

function problemsOf(input: FailoverInput, member: FailoverMember, { port, own }: OwnSettings): readonly string[] {
  const { target } = input;
  const { networkId } = portWiring(input, member, port);
  const isMissing = (what: string, id: string) => `${what} ${id} is not at ${target.siteName}.`;
  return [
    ...[own.network_id ?? [], own.floating_ips?.map((each) => each.network_id) ?? []]
      .flat()
      .flatMap((id) => (target.networkNames.has(id) ? [] : [isMissing("network", id)])),
    ...(own.security_group_ids ?? []).flatMap((id) =>
      target.securityGroups.has(id) ? [] : [isMissing("security group", id)],
    ),
    ...(own.fixed_ips ?? []).flatMap(({ subnet_id, address }) => {
      const subnet = target.subnets.get(subnet_id);
      if (!subnet) return [isMissing("subnet", subnet_id)];
      if (networkId !== undefined && subnet.networkId !== networkId)
        return [`subnet ${subnet.name} (${subnet_id}) is not of network ${nameOf(input, networkId)}.`];
      if (address !== null && !isInSubnet(address, subnet.cidr))
        return [`${address} is not inside ${subnet.cidr} of subnet ${subnet.name}.`];
      return [];
    }),
  ];
}

function settingsText(input: FailoverInput, own: NicWiring): string {
  const { target } = input;
  const subnet = (id: string) => target.subnets.get(id)?.name || id;
  const group = (id: string) => target.securityGroups.get(id)?.name || id;
  const list = (items: readonly string[]) => (items.length > 0 ? items.join(", ") : "none");
  const parts = [
    own.network_id === undefined ? [] : `network ${nameOf(input, own.network_id)}`,
    own.fixed_ips === undefined
      ? []
      : `addresses ${list(own.fixed_ips.map(({ subnet_id, address }) => address ?? `any of ${subnet(subnet_id)}`))}`,
    own.mac === undefined ? [] : own.mac === "new" ? "a new MAC" : "the same MAC",
    own.port_security === undefined ? [] : `port security ${own.port_security ? "on" : "off"}`,
    own.security_group_ids === undefined ? [] : `security groups ${list(own.security_group_ids.map(group))}`,
    own.floating_ips === undefined
      ? []
      : `floating IPs ${list(own.floating_ips.map(({ network_id, address }) => address ?? `any of ${nameOf(input, network_id)}`))}`,
  ];
  return parts.flat().join("; ");
}

function nameOf({ target }: FailoverInput, networkId: string): string {
  return target.networkNames.get(networkId) || networkId;
}
