import type { PortDescription, ServerDescription } from "@protector/contract";

/** A captured server for tests: complete and valid, each value replaceable. */
export function serverDescription(changes: Partial<ServerDescription> = {}): ServerDescription {
  return {
    server_id: "11111111-0000-4000-8000-000000000001",
    name: "web",
    description: null,
    hostname: "web",
    project_id: "4f1b2c3d4e5f40718293a4b5c6d7e8f9",
    user_id: "9e8d7c6b5a4f40312213a4b5c6d7e8f9",
    flavor: { id: "small", name: "m1.small", vcpus: 1, ram_mib: 2048, disk_gib: 0, extra_specs: {} },
    key_pair: null,
    availability_zone: null,
    server_group: null,
    metadata: {},
    tags: [],
    has_config_drive: false,
    user_data: null,
    was_running: true,
    was_locked: false,
    locked_reason: null,
    volumes: [],
    ports: [],
    ...changes,
  };
}

export function portDescription(changes: Partial<PortDescription> = {}): PortDescription {
  return {
    port_id: "22222222-0000-4000-8000-000000000001",
    name: "",
    network_id: "front",
    mac_address: "fa:16:3e:00:00:01",
    fixed_ips: [],
    security_group_ids: [],
    is_port_security_enabled: true,
    allowed_address_pairs: [],
    dns_name: null,
    vnic_type: "normal",
    floating_ips: [],
    ...changes,
  };
}
