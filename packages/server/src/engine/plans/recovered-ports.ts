import type { PortDescription } from "@protector/contract";
import type { CreatePort } from "@protector/openstack";
import type { PlannedStep } from "../runner/plan.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { step } from "./planned-step.ts";
import { type PortWiring, portWiring } from "./port-wiring.ts";

/** Ports of one member, with the addresses and MACs that they had: they can be made before the source is touched. */
export function recoveredPorts(input: FailoverInput, member: FailoverMember): PlannedStep[] {
  return member.description.ports.map((port, index) =>
    step(
      `port.${member.id}.${index}`,
      "ensure",
      "port.ensure",
      `Make port ${index + 1} of ${member.name}`,
      "prepare",
      "target",
      {
        memberId: member.id,
        input: { serverName: member.name, request: portRequest(input, member, port) },
        dependsOn: ["checked"],
        settings: { isUndoable: true },
      },
    ),
  );
}

function portRequest(input: FailoverInput, member: FailoverMember, port: PortDescription): CreatePort {
  const { target, operationId } = input;
  const wiring = portWiring(input, member, port);
  return {
    networkId: wiring.networkId ?? "",
    projectId: target.projectId,
    name: port.name,
    description: `Protector operation ${operationId}, member ${member.id}, NIC ${port.mac_address}`,
    ...(wiring.macAddress === undefined ? {} : { macAddress: wiring.macAddress }),
    fixedIps: wiring.fixedIps.map(({ subnetId = "", address }) => (address ? { subnetId, address } : { subnetId })),
    securityGroupIds: wiring.securityGroupIds.map((id) => id ?? ""),
    isPortSecurityEnabled: wiring.isPortSecurityEnabled,
    allowedAddressPairs: wiring.isPortSecurityEnabled ? addressPairs(port, wiring) : [],
    ...(port.dns_name ? { dnsName: port.dns_name } : {}),
    ...(port.vnic_type === "normal" ? {} : { vnicType: port.vnic_type }),
  };
}

/** A pair with the port's own MAC follows it when that is a new one. */
function addressPairs(port: PortDescription, { macAddress }: PortWiring): CreatePort["allowedAddressPairs"] {
  return port.allowed_address_pairs.map((pair) => {
    const isOwn = pair.mac_address.toLowerCase() === port.mac_address.toLowerCase();
    const follows = isOwn && macAddress === undefined;
    return { ipAddress: pair.ip_address, ...(follows ? {} : { macAddress: pair.mac_address }) };
  });
}
