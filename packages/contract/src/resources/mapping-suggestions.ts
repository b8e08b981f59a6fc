import Type, { type Static } from "typebox";
import { Nullable, OneOf, Strict } from "./common.ts";
import { MAPPING_KINDS } from "./mappings.ts";

const Id = Type.String({ minLength: 1, maxLength: 255 });
const Label = Type.String({ maxLength: 255 });
const Specs = Type.Record(Type.String({ maxLength: 255 }), Type.String({ maxLength: 1024 }));
const listOf = <S extends Parameters<typeof Type.Array>[0]>(schema: S) => Type.Array(schema, { maxItems: 5000 });

/** A rule of a security group, as Neutron gives it. */
export const SecurityRule = Strict({
  direction: OneOf(["ingress", "egress"] as const),
  ethertype: Label,
  protocol: Nullable(Label),
  port_range_min: Nullable(Type.Integer()),
  port_range_max: Nullable(Type.Integer()),
  remote_ip_prefix: Nullable(Label),
  remote_group_id: Nullable(Id),
});
export type SecurityRule = Static<typeof SecurityRule>;

/**
 * What a tenant sees of one site, listed with his own token by whoever asks for suggestions: the API speaks to no cloud for
 * it, and nothing that he does not see is suggested. Volume types, zones and key pairs go by name.
 */
export const SiteInventory = Strict({
  networks: listOf(Strict({ id: Id, name: Label, is_external: Type.Boolean() })),
  subnets: listOf(Strict({ id: Id, name: Label, network_id: Id, cidr: Label })),
  flavors: listOf(
    Strict({
      id: Id,
      name: Label,
      vcpus: Type.Integer(),
      ram_mib: Type.Integer(),
      disk_gib: Type.Integer(),
      extra_specs: Specs,
    }),
  ),
  security_groups: listOf(Strict({ id: Id, name: Label, rules: listOf(SecurityRule) })),
  key_pairs: listOf(Strict({ name: Id, public_key: Type.String({ maxLength: 16_384 }) })),
  availability_zones: listOf(Id),
  volume_types: listOf(Strict({ name: Id, extra_specs: Specs })),
  images: listOf(Strict({ id: Id, name: Label })),
  server_groups: listOf(Strict({ id: Id, name: Label, policy: Label })),
});
export type SiteInventory = Static<typeof SiteInventory>;

/** Both sites of the mappings: the home site, where sources are, and the other one. */
export const AskMappingSuggestions = Strict({ home: SiteInventory, other: SiteInventory });
export type AskMappingSuggestions = Static<typeof AskMappingSuggestions>;

/** `sure` can be taken unseen, `likely` fits, `possible` changes something that the reason names. */
export const SUGGESTION_CONFIDENCES = ["sure", "likely", "possible"] as const;
export type SuggestionConfidence = (typeof SUGGESTION_CONFIDENCES)[number];

/** A counterpart that something unmapped could have. */
export const MappingCandidate = Type.Object({
  target_id: Type.String(),
  target_name: Type.String(),
  confidence: OneOf(SUGGESTION_CONFIDENCES),
  reason: Type.String(),
});
export type MappingCandidate = Static<typeof MappingCandidate>;

/** Something that servers use and that no mapping names, with what it could be there, best first. */
export const MappingSuggestion = Type.Object({
  kind: OneOf(MAPPING_KINDS),
  source_id: Type.String(),
  source_name: Type.String(),
  is_required: Type.Boolean({ description: "A recovery, or a test, is refused while it is not mapped" }),
  used_by: Type.Array(Type.String({ description: "Names of members" })),
  candidates: Type.Array(MappingCandidate),
});
export type MappingSuggestion = Static<typeof MappingSuggestion>;

export const MappingSuggestions = Type.Object({ suggestions: Type.Array(MappingSuggestion) });
export type MappingSuggestions = Static<typeof MappingSuggestions>;
