import type { ErrorCode, MappingKind, PortDescription, VolumeDescription } from "@protector/contract";
import type { MappingLookup } from "../world/mapping.ts";
import type { FailoverMember, ObservedTarget } from "./failover-input.ts";
import type { NicWiring } from "./port-wiring.ts";

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
  /** What holds without a mapping: a recovery cannot do without it, does without it, or takes what has the same id. */
  readonly unmapped?: "gap" | "without" | "same";
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
    needsOf(member, target).flatMap((need) => {
      const to = mapping.find(need.kind, need.id);
      if (to === undefined && need.unmapped === "without") return [];
      const taken = to ?? (need.unmapped === "same" ? need.id : undefined);
      if (taken !== undefined && existsAt(target, need.kind, taken)) return [];
      return [{ ...need, member, missingTarget: to }];
    }),
  );
}

/** Keys of a volume's image metadata that name images which Nova reads when it starts the server. */
const BOOT_IMAGES = ["kernel_id", "ramdisk_id"] as const;
/** Keys of a volume's image metadata that name images. */
const IMAGE_KEYS: readonly string[] = ["image_id", ...BOOT_IMAGES];

/** Ids of the images that a volume's image metadata names. */
export function namedImages({ image_metadata }: Pick<VolumeDescription, "image_metadata">): readonly string[] {
  return IMAGE_KEYS.flatMap((key) => image_metadata[key] || []);
}

/** Image metadata as it is to stand at the target: the images that it names are those there. */
export function mappedImageMetadata(
  { image_metadata }: Pick<VolumeDescription, "image_metadata">,
  mapping: MappingLookup,
): Record<string, string> {
  const entries = Object.entries(image_metadata).map(([key, value]) => {
    return [key, (IMAGE_KEYS.includes(key) ? mapping.find("image", value) : undefined) ?? value] as const;
  });
  return Object.fromEntries(entries);
}

function imageNeeds(
  { image_metadata, is_bootable }: VolumeDescription,
  { makesFromImages }: ObservedTarget,
): readonly MappingNeed[] {
  const { image_id, image_name } = image_metadata;
  const image = { kind: "image", code: "mapping.image_unmapped" } as const;
  const base = is_bootable && makesFromImages ? "same" : "without";
  return [
    ...(image_id
      ? [
          {
            ...image,
            label: "Image",
            id: image_id,
            ...(image_name ? { name: image_name } : {}),
            unmapped: base,
          } as const,
        ]
      : []),
    ...BOOT_IMAGES.flatMap((key): MappingNeed[] => {
      const id = image_metadata[key];
      return id
        ? [{ ...image, label: key === "kernel_id" ? "Kernel image" : "Ramdisk image", id, unmapped: "same" }]
        : [];
    }),
  ];
}

function needsOf({ description, nics }: FailoverMember, target: ObservedTarget): readonly MappingNeed[] {
  const { flavor, volumes, ports, availability_zone: zone, server_group: serverGroup } = description;
  return [
    { kind: "flavor", code: "mapping.flavor_unmapped", label: "Flavor", id: flavor.id, name: flavor.name },
    ...volumes.map(({ volume_type }): MappingNeed => {
      return { kind: "volume_type", code: "mapping.volume_type_unmapped", label: "Volume type", id: volume_type };
    }),
    ...volumes.flatMap((volume) => imageNeeds(volume, target)),
    ...(zone === null ? [] : [{ ...optional("availability_zone"), label: "Availability zone", id: zone } as const]),
    ...(serverGroup === null
      ? []
      : [
          {
            ...optional("server_group"),
            label: "Server group",
            id: serverGroup.id,
            name: serverGroup.name,
          } as const,
        ]),
    ...ports.flatMap((port) => portNeeds(port, nics.get(port.mac_address.toLowerCase()))),
  ];
}

/** What a port needs of the mappings: nothing where its own settings say it. */
function portNeeds(port: PortDescription, own: NicWiring = {}): readonly MappingNeed[] {
  const network = (id: string) => ({ code: "mapping.network_unmapped", id }) as const;
  const isFiltered = own.port_security ?? port.is_port_security_enabled;
  return [
    ...(own.network_id === undefined
      ? [{ kind: "network", label: "Network", ...network(port.network_id) } as const]
      : []),
    ...(own.fixed_ips ? [] : port.fixed_ips).map(({ subnet_id: id }): MappingNeed => {
      return { kind: "subnet", code: "mapping.subnet_unmapped", label: "Subnet", id };
    }),
    ...(own.security_group_ids || !isFiltered ? [] : port.security_group_ids).map((id): MappingNeed => {
      return { kind: "security_group", code: "mapping.security_group_unmapped", label: "Security group", id };
    }),
    ...(own.floating_ips ? [] : port.floating_ips).map(({ network_id }): MappingNeed => {
      return { kind: "floating_ip_pool", label: "Floating-IP pool", ...network(network_id) };
    }),
  ];
}

/** What a recovery does without when it is not mapped. */
function optional<Kind extends MappingKind>(kind: Kind) {
  return { kind, code: "mapping.target_missing", unmapped: "without" } as const;
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
    case "availability_zone":
      return target.availabilityZones.includes(id);
    case "image":
      return target.imageIds.has(id);
    case "server_group":
      return target.serverGroups.has(id);
    case "network":
    case "floating_ip_pool":
      return target.networkNames.has(id);
    default:
      return true;
  }
}
