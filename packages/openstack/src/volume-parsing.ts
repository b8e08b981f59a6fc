import type { Fields } from "./answer.ts";
import type { GroupType, Pool, Volume, VolumeGroup, VolumeService, VolumeType } from "./volume.ts";

/** Reads a volume of `GET /volumes/{id}`, `GET /volumes/detail` or of a manage request. */
export function readVolume(volume: Fields): Volume {
  return {
    id: volume.text("id"),
    name: volume.optionalText("name") ?? "",
    description: volume.textOrNull("description"),
    status: volume.text("status"),
    sizeGiB: volume.number("size"),
    typeName: volume.textOrNull("volume_type"),
    isBootable: volume.flag("bootable"),
    isEncrypted: volume.flag("encrypted"),
    isMultiattach: volume.flag("multiattach"),
    metadata: volume.textMap("metadata"),
    imageMetadata: volume.textMap("volume_image_metadata"),
    attachments: volume.optionalList("attachments").map((attachment) => ({
      serverId: attachment.optionalText("server_id") ?? "",
      device: attachment.optionalText("device") ?? "",
    })),
    availabilityZone: volume.textOrNull("availability_zone"),
    replicationStatus: volume.textOrNull("replication_status"),
    groupId: volume.textOrNull("group_id"),
    host: volume.optionalText("os-vol-host-attr:host"),
    providerId: volume.optionalText("provider_id"),
    projectId: volume.optionalText("os-vol-tenant-attr:tenant_id"),
    createdAt: volume.text("created_at"),
  };
}

export function readVolumeType(type: Fields): VolumeType {
  return {
    id: type.text("id"),
    name: type.text("name"),
    isPublic: type.has("is_public") ? type.flag("is_public") : true,
    extraSpecs: type.textMap("extra_specs"),
  };
}

export function readPool(pool: Fields): Pool {
  return { name: pool.text("name"), capabilities: pool.rawMap("capabilities") };
}

export function readVolumeService(service: Fields): VolumeService {
  return {
    binary: service.text("binary"),
    host: service.text("host"),
    status: service.text("status"),
    state: service.text("state"),
    replicationStatus: service.textOrNull("replication_status"),
  };
}

export function readGroup(group: Fields): VolumeGroup {
  return {
    id: group.text("id"),
    name: group.optionalText("name") ?? "",
    status: group.text("status"),
    volumeIds: group.texts("volumes"),
    groupTypeId: group.text("group_type"),
    volumeTypeIds: group.texts("volume_types"),
  };
}

export function readGroupType(type: Fields): GroupType {
  return { id: type.text("id"), name: type.text("name"), specs: type.textMap("group_specs") };
}
