import type { Call } from "../core/call.ts";
import { microsecondsTime } from "../core/times.ts";
import type { VolumeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";

/** A volume as lists without detail give it. */
export const volumeSummary = (volume: VolumeRecord, origin: string) => ({
  id: volume.id,
  name: volume.name,
  links: [{ rel: "self", href: `${origin}/v3/${volume.projectId}/volumes/${volume.id}` }],
});

/** A volume in full; fields by microversion and role. */
export function volumeView(
  state: VolumeState,
  volume: VolumeRecord,
  at: { readonly call: Call; readonly origin: string },
): Record<string, unknown> {
  const { isAdmin } = at.call.caller;
  const { version } = at.call;
  return {
    ...volumeSummary(volume, at.origin),
    status: volume.status,
    size: volume.sizeGiB,
    availability_zone: volume.availabilityZone,
    created_at: microsecondsTime(volume.createdAt),
    updated_at: microsecondsTime(volume.updatedAt),
    description: volume.description,
    volume_type: state.types.get(volume.typeId)?.name ?? null,
    snapshot_id: null,
    source_volid: null,
    metadata: volume.metadata,
    user_id: volume.userId,
    bootable: String(volume.isBootable),
    encrypted: volume.isEncrypted ?? false,
    replication_status: volume.replicationStatus,
    consistencygroup_id: null,
    multiattach: volume.isMultiattach,
    attachments: volume.attachments
      .filter(({ arrayHost, isWithoutHost }) => arrayHost !== undefined || isWithoutHost)
      .map((attachment) => ({
        id: volume.id,
        attachment_id: attachment.id,
        volume_id: volume.id,
        server_id: attachment.serverId,
        host_name: isAdmin ? (attachment.host ?? null) : null,
        device: attachment.isWithoutHost ? null : attachment.device,
        attached_at: attachment.isWithoutHost ? null : microsecondsTime(attachment.attachedAt),
      })),
    ...(Object.keys(volume.imageMetadata).length > 0 && { volume_image_metadata: volume.imageMetadata }),
    "os-vol-tenant-attr:tenant_id": volume.projectId,
    ...(isAdmin && {
      migration_status: null,
      "os-vol-host-attr:host": `${volume.backend.host}#${volume.backend.pool}`,
      "os-vol-mig-status-attr:migstat": null,
      "os-vol-mig-status-attr:name_id": null,
    }),
    ...(version >= 13 && { group_id: volume.groupId ?? null }),
    ...(version >= 21 && isAdmin && { provider_id: volume.providerId ?? null }),
    ...(version >= 48 && {
      service_uuid: volume.isManaged || volume.status === "creating" ? null : volume.backend.serviceId,
      shared_targets: true,
    }),
    ...(version >= 61 && isAdmin && { cluster_name: null }),
    ...(version >= 63 && { volume_type_id: volume.typeId }),
    ...(version >= 65 && { consumes_quota: true }),
  };
}
