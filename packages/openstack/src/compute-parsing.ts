import type { Fields } from "./answer.ts";
import type { Flavor, Keypair, Server, ServerGroup, VolumeAttachment } from "./compute.ts";

/** Reads a server of `GET /servers/{id}` or `GET /servers/detail` at microversion 2.79 or later. */
export function readServer(server: Fields): Server {
  return {
    id: server.text("id"),
    name: server.text("name"),
    description: server.textOrNull("description"),
    status: server.text("status"),
    taskState: server.textOrNull("OS-EXT-STS:task_state"),
    powerState: server.optionalNumber("OS-EXT-STS:power_state") ?? null,
    projectId: server.text("tenant_id"),
    userId: server.text("user_id"),
    isLocked: server.flag("locked"),
    lockedReason: server.textOrNull("locked_reason"),
    flavor: readEmbeddedFlavor(server.object("flavor")),
    // An empty text stands for "booted from a volume".
    imageId: server.optionalObject("image")?.text("id"),
    keyName: server.textOrNull("key_name"),
    availabilityZone: server.optionalText("OS-EXT-AZ:availability_zone") || null,
    hostname: server.textOrNull("OS-EXT-SRV-ATTR:hostname"),
    host: server.optionalText("OS-EXT-SRV-ATTR:host"),
    rootDeviceName: server.optionalText("OS-EXT-SRV-ATTR:root_device_name"),
    userData: server.optionalText("OS-EXT-SRV-ATTR:user_data"),
    hasConfigDrive: server.flag("config_drive"),
    metadata: server.textMap("metadata"),
    tags: server.texts("tags"),
    securityGroups: [...new Set(server.optionalList("security_groups").map((group) => group.text("name")))],
    createdAt: server.text("created"),
    launchedAt: server.textOrNull("OS-SRV-USG:launched_at"),
    terminatedAt: server.textOrNull("OS-SRV-USG:terminated_at"),
    fault: server.optionalObject("fault")?.optionalText("message"),
    volumeIds: server.optionalList("os-extended-volumes:volumes_attached").map((volume) => volume.text("id")),
  };
}

function readEmbeddedFlavor(flavor: Fields): Server["flavor"] {
  return {
    originalName: flavor.text("original_name"),
    vcpus: flavor.number("vcpus"),
    ramMiB: flavor.number("ram"),
    diskGiB: flavor.number("disk"),
    ephemeralGiB: flavor.number("ephemeral"),
    swapMiB: flavor.optionalNumber("swap") ?? 0,
    extraSpecs: flavor.textMap("extra_specs"),
  };
}

/** Reads a flavor of `GET /flavors/{id}` or `GET /flavors/detail`. */
export function readFlavor(flavor: Fields): Flavor {
  return {
    id: flavor.text("id"),
    name: flavor.text("name"),
    vcpus: flavor.number("vcpus"),
    ramMiB: flavor.number("ram"),
    diskGiB: flavor.number("disk"),
    ephemeralGiB: flavor.optionalNumber("OS-FLV-EXT-DATA:ephemeral") ?? 0,
    swapMiB: flavor.optionalNumber("swap") ?? 0,
    extraSpecs: flavor.textMap("extra_specs"),
  };
}

export function readKeypair(keypair: Fields): Keypair {
  return {
    name: keypair.text("name"),
    type: keypair.optionalText("type") ?? "ssh",
    publicKey: keypair.text("public_key"),
    fingerprint: keypair.text("fingerprint"),
  };
}

export function readServerGroup(group: Fields): ServerGroup {
  return {
    id: group.text("id"),
    name: group.text("name"),
    policy: group.text("policy"),
    memberIds: group.texts("members"),
  };
}

export function readVolumeAttachment(attachment: Fields): VolumeAttachment {
  return {
    volumeId: attachment.text("volumeId"),
    device: attachment.textOrNull("device"),
    tag: attachment.textOrNull("tag"),
    deleteOnTermination: attachment.flag("delete_on_termination"),
  };
}
