import type { MappingKind, ServerDescription } from "@protector/contract";

/** Something that servers use at home. */
export interface UsedResource {
  readonly kind: MappingKind;
  readonly id: string;
  /** Where the description has it; lists of the site have the rest. */
  readonly name: string | undefined;
  readonly isRequired: boolean;
  /** Names of the servers. */
  readonly usedBy: readonly string[];
  readonly publicKey?: string | null;
}

/** A captured member. */
export interface DescribedMember {
  readonly name: string;
  readonly description: ServerDescription;
}

type Use = Omit<UsedResource, "usedBy">;

/** Everything that a mapping could be asked for, each thing once, in the order in which mappings build upon each other. */
export function usedResources(members: readonly DescribedMember[]): readonly UsedResource[] {
  const found = new Map<string, Use & { usedBy: string[] }>();
  for (const { name, description } of members)
    for (const use of usesOf(description)) {
      const key = `${use.kind} ${use.id}`;
      const known = found.get(key) ?? { ...use, usedBy: [] };
      if (!known.usedBy.includes(name)) known.usedBy.push(name);
      found.set(key, known);
    }
  return [...found.values()].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** A subnet is looked for in the network's counterpart, so networks come first. */
const ORDER: readonly MappingKind[] = [
  "network",
  "subnet",
  "flavor",
  "security_group",
  "volume_type",
  "test_volume_type",
  "floating_ip_pool",
  "image",
  "key_pair",
  "availability_zone",
  "server_group",
];

function usesOf(description: ServerDescription): readonly Use[] {
  const { flavor, volumes, ports, key_pair: key, availability_zone: zone, server_group: group } = description;
  const required = (kind: MappingKind, id: string, name?: string): Use => ({ kind, id, name, isRequired: true });
  const optional = (kind: MappingKind, id: string, name?: string): Use => ({ kind, id, name, isRequired: false });
  return [
    ...ports.flatMap((port) => [
      required("network", port.network_id),
      ...port.fixed_ips.map(({ subnet_id }) => required("subnet", subnet_id)),
      ...(port.is_port_security_enabled ? port.security_group_ids : []).map((id) => required("security_group", id)),
      ...port.floating_ips.map(({ network_id }) => required("floating_ip_pool", network_id)),
    ]),
    required("flavor", flavor.id, flavor.name),
    ...volumes.flatMap(({ volume_type, image_metadata: image }) => [
      required("volume_type", volume_type, volume_type),
      required("test_volume_type", volume_type, volume_type),
      ...(image.image_id ? [optional("image", image.image_id, image.image_name)] : []),
      ...[image.kernel_id, image.ramdisk_id].flatMap((id) => (id ? [required("image", id)] : [])),
    ]),
    ...(key ? [{ ...optional("key_pair", key.name, key.name), publicKey: key.public_key }] : []),
    ...(zone === null ? [] : [optional("availability_zone", zone, zone)]),
    ...(group ? [optional("server_group", group.id, group.name)] : []),
  ];
}
