import Type, { type Static } from "typebox";
import { ExternalId, Nullable, OneOf, Strict, Uuid } from "./common.ts";

/** MAC address, as Neutron writes it: lower case with colons. */
export const MacAddress = Type.String({
  pattern: "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$",
  description: "MAC address, lower case with colons",
});
const IpAddress = Type.String({
  minLength: 2,
  maxLength: 45,
  pattern: "^[0-9a-fA-F:.]+$",
  description: "IPv4 or IPv6",
});

/** What one network interface is at the group's other site, instead of what the mappings would make of it. */
export const NicSettings = Strict({
  mac_address: { ...MacAddress, description: "MAC of the interface at home: by it the interface is known" },
  is_test: Type.Boolean({ description: "Holds in test failovers, over what holds in recoveries" }),
  network_id: Type.Optional(ExternalId),
  fixed_ips: Type.Optional(
    Type.Array(Strict({ subnet_id: ExternalId, address: Nullable(IpAddress) }), {
      maxItems: 20,
      description: "In order; an address of null is any of the subnet. An empty list is a port without addresses",
    }),
  ),
  mac: Type.Optional(OneOf(["keep", "new"] as const)),
  port_security: Type.Optional(Type.Boolean()),
  security_group_ids: Type.Optional(Type.Array(ExternalId, { maxItems: 50, uniqueItems: true })),
  floating_ips: Type.Optional(
    Type.Array(Strict({ network_id: ExternalId, address: Nullable(IpAddress) }), {
      maxItems: 4,
      description:
        "Pool and address; null is any. A floating IP of the project that has the address is used. Empty: none",
    }),
  ),
});
export type NicSettings = Static<typeof NicSettings>;

/** The same, said of a member. */
export const MemberNicSettings = Strict({ member_id: Uuid, ...NicSettings.properties });
export type MemberNicSettings = Static<typeof MemberNicSettings>;
