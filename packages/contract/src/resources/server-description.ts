import Type, { type Static } from "typebox";
import { Nullable } from "./common.ts";

const StringMap = Type.Record(Type.String(), Type.String());

/** A volume of a captured server, in boot order. */
export const VolumeDescription = Type.Object({
  volume_id: Type.String(),
  array_volume: Type.String({ description: "Name on the array, from Cinder's provider_id" }),
  name: Type.String(),
  description: Nullable(Type.String()),
  size_gib: Type.Integer(),
  volume_type: Type.String(),
  is_bootable: Type.Boolean(),
  is_root: Type.Boolean(),
  device: Nullable(Type.String()),
  tag: Nullable(Type.String()),
  delete_on_termination: Type.Boolean(),
  metadata: StringMap,
  image_metadata: StringMap,
});
export type VolumeDescription = Static<typeof VolumeDescription>;

/** A port of a captured server, in order. */
export const PortDescription = Type.Object({
  port_id: Type.String(),
  name: Type.String(),
  network_id: Type.String(),
  mac_address: Type.String(),
  fixed_ips: Type.Array(Type.Object({ subnet_id: Type.String(), address: Type.String() })),
  security_group_ids: Type.Array(Type.String()),
  is_port_security_enabled: Type.Boolean(),
  allowed_address_pairs: Type.Array(Type.Object({ ip_address: Type.String(), mac_address: Type.String() })),
  dns_name: Nullable(Type.String()),
  vnic_type: Type.String(),
  floating_ips: Type.Array(Type.Object({ network_id: Type.String(), address: Type.String() })),
});
export type PortDescription = Static<typeof PortDescription>;

/** Everything that is needed to build a server again, as it was when captured. */
export const ServerDescription = Type.Object({
  server_id: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String()),
  hostname: Nullable(Type.String()),
  project_id: Type.String(),
  user_id: Type.String(),
  flavor: Type.Object({
    id: Type.String(),
    name: Type.String(),
    vcpus: Type.Integer(),
    ram_mib: Type.Integer(),
    disk_gib: Type.Integer(),
    extra_specs: StringMap,
  }),
  key_pair: Nullable(Type.Object({ name: Type.String(), type: Type.String(), public_key: Nullable(Type.String()) })),
  availability_zone: Nullable(Type.String()),
  server_group: Nullable(Type.Object({ id: Type.String(), name: Type.String(), policy: Type.String() })),
  metadata: StringMap,
  tags: Type.Array(Type.String()),
  has_config_drive: Type.Boolean(),
  user_data: Nullable(Type.String({ description: "Base64, as Nova holds it" })),
  was_running: Type.Boolean({ description: "A server that was off stays off after a recovery" }),
  was_locked: Type.Boolean(),
  locked_reason: Nullable(Type.String()),
  volumes: Type.Array(VolumeDescription),
  ports: Type.Array(PortDescription),
});
export type ServerDescription = Static<typeof ServerDescription>;
