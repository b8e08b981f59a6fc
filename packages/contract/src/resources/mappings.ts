import Type, { type Static } from "typebox";
import { ExternalId, Nullable, OneOf, SeenGeneration, Strict } from "./common.ts";
import { MemberNicSettings } from "./nic-settings.ts";

/** Kinds of resource that differ between the sites. Those that begin with `test_` hold for test failovers only. */
export const MAPPING_KINDS = [
  "network",
  "subnet",
  "flavor",
  "security_group",
  "key_pair",
  "availability_zone",
  "volume_type",
  "image",
  "floating_ip_pool",
  "server_group",
  "reachable_network",
  "test_network",
  "test_subnet",
  "test_flavor",
  "test_security_group",
  "test_key_pair",
  "test_availability_zone",
  "test_volume_type",
  "test_floating_ip_pool",
  "test_server_group",
  "test_reachable_network",
] as const;
export type MappingKind = (typeof MAPPING_KINDS)[number];
export type TestMappingKind = Extract<MappingKind, `test_${string}`>;
export type RealMappingKind = Exclude<MappingKind, TestMappingKind>;

/** The kind of resource that a mapping is of: a `test_network` is a network. */
export function realKind(kind: MappingKind): RealMappingKind {
  return kind.replace(/^test_/, "") as RealMappingKind;
}

const MappedId = Type.String({ minLength: 1, maxLength: 255, pattern: "^[^\\u0000-\\u001f]+$" });

/** `source_id` at the group's home site is `target_id` at its other site. Volume types, zones and key pairs go by name. */
export const ResourceMapping = Strict({ kind: OneOf(MAPPING_KINDS), source_id: MappedId, target_id: MappedId });
export type ResourceMapping = Static<typeof ResourceMapping>;

/** The whole set: a PUT replaces it. */
export const ResourceMappings = Strict({ mappings: Type.Array(ResourceMapping, { maxItems: 2000 }) });
export type ResourceMappings = Static<typeof ResourceMappings>;

/** A mapping that holds for a group. */
export const GroupMapping = Strict({
  ...ResourceMapping.properties,
  origin: OneOf(["group", "default"] as const, { description: "default: it came from the project's defaults" }),
});
export type GroupMapping = Static<typeof GroupMapping>;

/** A project's new defaults, and the groups at home here, which they lie under. */
export const DefaultsReplaced = Strict({
  mappings: Type.Array(ResourceMapping, { maxItems: 2000 }),
  groups: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      reason: Nullable(Type.String({ description: "Why it keeps the old ones; null = it has the new ones" })),
    }),
  ),
});
export type DefaultsReplaced = Static<typeof DefaultsReplaced>;

const Nics = Type.Array(MemberNicSettings, { maxItems: 10_000 });

/** A group's mappings, and what single network interfaces of its members have of their own. */
export const GroupMappings = Strict({ mappings: Type.Array(GroupMapping, { maxItems: 2000 }), nics: Nics });
export type GroupMappings = Static<typeof GroupMappings>;

/** A new set of a group's own, over the project's defaults. Without `nics` those stay as they are. */
export const ReplaceMappings = Strict({
  mappings: Type.Array(ResourceMapping, { maxItems: 2000 }),
  nics: Type.Optional(Nics),
  generation: Type.Optional(SeenGeneration),
});
export type ReplaceMappings = Static<typeof ReplaceMappings>;

/** Project on this site that is the same tenant as a project on the peer site. */
export const TenantMapping = Type.Object({
  id: Type.String(),
  site_id: Type.String({ description: "The peer site" }),
  local_project_id: ExternalId,
  peer_project_id: ExternalId,
  created_at: Type.String(),
});
export type TenantMapping = Static<typeof TenantMapping>;

export const CreateTenantMapping = Strict({
  site_id: Type.String({ pattern: "^[0-9a-f-]{36}$" }),
  local_project_id: ExternalId,
  peer_project_id: ExternalId,
});
export type CreateTenantMapping = Static<typeof CreateTenantMapping>;
