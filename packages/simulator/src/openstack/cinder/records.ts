import type { BlockArray } from "../../flasharray/block-array.ts";

/** One enabled backend of a Cinder with the Pure driver. */
export interface Backend {
  /** `volume_backend_name`. */
  readonly name: string;
  /** `host@backend`; with `#pool` it is what volumes carry. */
  readonly host: string;
  readonly pool: string;
  /** Id of its cinder-volume service. */
  readonly serviceId: string;
  readonly array: BlockArray;
  /** The array that it replicates to synchronously. */
  readonly sync: SyncDevice | undefined;
}

export interface SyncDevice {
  readonly array: BlockArray;
  readonly isUniform: boolean;
  /** It did not answer when the driver started, which goes on without it until the next start. */
  isLeftOut: boolean;
}

export interface VolumeAttachmentRecord {
  readonly id: string;
  readonly serverId: string;
  device: string;
  /** Compute host while connected, undefined while only reserved. */
  host: string | undefined;
  /** Host object on the array that holds the connection. */
  arrayHost: string | undefined;
  /** Attached while the server waited shelved: complete for Cinder, although nothing is connected. */
  isWithoutHost?: boolean;
  attachedAt: number;
}

export interface VolumeRecord {
  readonly id: string;
  name: string;
  description: string | null;
  status: string;
  sizeGiB: number;
  typeId: string;
  isBootable: boolean;
  readonly isMultiattach: boolean;
  /** Default false. */
  isEncrypted?: boolean;
  metadata: Record<string, string>;
  imageMetadata: Record<string, string>;
  readonly projectId: string;
  readonly userId: string;
  readonly availabilityZone: string;
  backend: Backend;
  /** Array volume name; undefined until the driver has made or adopted it. */
  providerId: string | undefined;
  replicationStatus: string | null;
  groupId: string | undefined;
  readonly createdAt: number;
  updatedAt: number;
  attachments: VolumeAttachmentRecord[];
  /** Taken over by `manage`: Cinder does not note which service did it. */
  isManaged: boolean;
}

/** A snapshot that a tenant keeps of a volume. */
export interface SnapshotRecord {
  readonly id: string;
  readonly name: string | null;
  readonly volumeId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly sizeGiB: number;
  readonly createdAt: number;
}

/** A copy of a volume outside of its array. */
export type BackupRecord = SnapshotRecord;

export interface VolumeTypeRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  isPublic: boolean;
  extraSpecs: Record<string, string>;
}

export interface GroupTypeRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  specs: Record<string, string>;
}

export interface GroupRecord {
  readonly id: string;
  name: string;
  description: string | null;
  status: string;
  readonly projectId: string;
  readonly groupTypeId: string;
  readonly volumeTypeIds: readonly string[];
  readonly availabilityZone: string;
  readonly backend: Backend;
  readonly createdAt: number;
}

/** Limits of one project; -1 = unlimited. Types without an entry are unlimited. */
export interface VolumeLimits {
  volumes: number;
  gigabytes: number;
  snapshots: number;
  groups: number;
  /** `volumes_<type>` and `gigabytes_<type>`. */
  byType: Record<string, number>;
}

/** ms that Cinder's background work takes. */
export interface VolumeDurations {
  readonly createMs: number;
  readonly deleteMs: number;
  readonly manageMs: number;
  readonly unmanageMs: number;
  readonly groupMs: number;
}
