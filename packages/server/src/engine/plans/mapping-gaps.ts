import type { ErrorCode, MappingKind, ServerDescription } from "@protector/contract";
import type { MappingLookup } from "../world/mapping.ts";
import type { FailoverMember, ObservedTarget } from "./failover-input.ts";

/** Something that a server uses and that has to have a counterpart at the other site. */
interface MappingNeed {
  readonly kind: MappingKind;
  /** Of the error when it is not mapped. */
  readonly code: ErrorCode;
  /** What it is, for people: `Network`. */
  readonly label: string;
  readonly id: string;
  /** Where the description has it. */
  readonly name?: string;
}

/** A need that the mappings do not meet. */
export interface MappingGap extends MappingNeed {
  readonly member: FailoverMember;
  /** What it is mapped to that does not exist there; undefined when it is not mapped. */
  readonly missingTarget: string | undefined;
}

/** Everything that a failover of these servers would not find at the other site. */
export function mappingGaps(
  members: readonly FailoverMember[],
  mapping: MappingLookup,
  target: ObservedTarget,
): readonly MappingGap[] {
  return members.flatMap((member) =>
    needsOf(member.description).flatMap((need) => {
      const to = mapping.find(need.kind, need.id);
      if (to !== undefined && existsAt(target, need.kind, to)) return [];
      return [{ ...need, member, missingTarget: to }];
    }),
  );
}

function needsOf({ flavor, volumes, ports }: ServerDescription): readonly MappingNeed[] {
  const network = (id: string) => ({ code: "mapping.network_unmapped", id }) as const;
  return [
    { kind: "flavor", code: "mapping.flavor_unmapped", label: "Flavor", id: flavor.id, name: flavor.name },
    ...volumes.map(({ volume_type }): MappingNeed => {
      return { kind: "volume_type", code: "mapping.volume_type_unmapped", label: "Volume type", id: volume_type };
    }),
    ...ports.flatMap((port): MappingNeed[] => [
      { kind: "network", label: "Network", ...network(port.network_id) },
      ...port.fixed_ips.map(({ subnet_id: id }): MappingNeed => {
        return { kind: "subnet", code: "mapping.subnet_unmapped", label: "Subnet", id };
      }),
      ...port.security_group_ids.map((id): MappingNeed => {
        return { kind: "security_group", code: "mapping.security_group_unmapped", label: "Security group", id };
      }),
      ...port.floating_ips.map(({ network_id }): MappingNeed => {
        return { kind: "floating_ip_pool", label: "Floating-IP pool", ...network(network_id) };
      }),
    ]),
  ];
}

function existsAt(target: ObservedTarget, kind: MappingKind, id: string): boolean {
  switch (kind) {
    case "flavor":
      return target.flavors.has(id);
    case "volume_type":
      return target.volumeTypes.has(id);
    case "subnet":
      return target.subnets.has(id);
    case "security_group":
      return target.securityGroups.has(id);
    case "network":
    case "floating_ip_pool":
      return target.networkNames.has(id);
    default:
      return true;
  }
}
