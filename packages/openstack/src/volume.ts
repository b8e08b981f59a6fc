/**
 * Cinder v3, as much of it as disaster recovery needs. Methods throw `OutsideError` (service `cinder`); `find*` answer
 * undefined for 404; `delete*` of what is not there succeeds. Source of formats: https://docs.openstack.org/api-ref/block-storage/v3/
 */
export interface VolumeClient {
  findVolume(id: string): Promise<Volume | undefined>;
  /** Volumes of the token's project; for administrators of `projectId`, or of all projects. */
  listVolumes(filter: {
    readonly name?: string;
    readonly projectId?: string;
    readonly allProjects?: boolean;
  }): Promise<readonly Volume[]>;
  /** Renames and redescribes; replaces nothing else. */
  updateVolume(id: string, change: { readonly name?: string; readonly description?: string }): Promise<void>;
  /** Makes the volume's metadata exactly `metadata`. */
  replaceMetadata(id: string, metadata: Readonly<Record<string, string>>): Promise<void>;
  setBootable(id: string, isBootable: boolean): Promise<void>;
  setImageMetadata(id: string, metadata: Readonly<Record<string, string>>): Promise<void>;
  deleteVolume(id: string): Promise<void>;
  /** A new volume: blank, or from an image. */
  createVolume(request: CreateVolume): Promise<Volume>;
  /** Takes an array volume into Cinder; sends both reference keys. */
  manageVolume(request: ManageVolume): Promise<Volume>;
  /** Gives it back: Cinder forgets it, the array keeps it under another name. */
  unmanageVolume(id: string): Promise<void>;
  /**
   * Begins to give a volume more room: one that is free, or in use (3.42); of a shelved server's, which is `reserved`, Cinder
   * refuses it.
   */
  extendVolume(id: string, sizeGiB: number): Promise<void>;
  /** Snapshots that tenants keep of volumes; of a project for administrators. */
  listSnapshots(filter: { readonly projectId: string }): Promise<readonly VolumeCopy[]>;
  /** Backups of volumes; the same. */
  listBackups(filter: { readonly projectId: string }): Promise<readonly VolumeCopy[]>;
  /** Administrators: puts the recorded status right. */
  resetStatus(id: string, status: string): Promise<void>;
  listTypes(): Promise<readonly VolumeType[]>;
  /** `host@backend#pool` of the backends; administrators. */
  listPools(): Promise<readonly Pool[]>;
  /** Services with their state; administrators. */
  listServices(): Promise<readonly VolumeService[]>;
  findGroup(id: string): Promise<VolumeGroup | undefined>;
  listGroups(filter: { readonly name?: string }): Promise<readonly VolumeGroup[]>;
  createGroup(request: {
    readonly name: string;
    readonly description: string;
    readonly groupTypeId: string;
    readonly volumeTypeIds: readonly string[];
  }): Promise<VolumeGroup>;
  updateGroup(
    id: string,
    change: { readonly addVolumes: readonly string[]; readonly removeVolumes: readonly string[] },
  ): Promise<void>;
  deleteGroup(id: string): Promise<void>;
  listGroupTypes(): Promise<readonly GroupType[]>;
  /** Administrators. */
  createGroupType(name: string, specs: Readonly<Record<string, string>>): Promise<GroupType>;
  quota(projectId: string): Promise<VolumeQuota>;
}

export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** `available`, `in-use`, `creating`, `managing`, `error`, `error_managing`, `reserved`, … */
  readonly status: string;
  readonly sizeGiB: number;
  readonly typeName: string | null;
  readonly isBootable: boolean;
  readonly isEncrypted: boolean;
  readonly isMultiattach: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly imageMetadata: Readonly<Record<string, string>>;
  readonly attachments: readonly { readonly serverId: string; readonly device: string }[];
  readonly availabilityZone: string | null;
  readonly replicationStatus: string | null;
  readonly groupId: string | null;
  /** `os-vol-host-attr:host`; administrators only. */
  readonly host: string | undefined;
  /** Name on the array (3.21); administrators only. The one link to be trusted. */
  readonly providerId: string | undefined;
  readonly projectId: string | undefined;
  readonly createdAt: string;
}

/** A snapshot or a backup of a volume. */
export interface VolumeCopy {
  readonly id: string;
  readonly name: string;
  readonly volumeId: string;
}

export interface CreateVolume {
  readonly name: string;
  readonly description: string;
  readonly sizeGiB: number;
  readonly volumeType: string;
  /** Without it the volume is blank. */
  readonly imageId?: string;
}

export interface ManageVolume {
  /** `host@backend#pool`. */
  readonly host: string;
  /** Array volume name: sent as `name` and as `source-name`, since releases differ in which they read. */
  readonly reference: string;
  readonly name: string;
  readonly description: string;
  readonly volumeType: string;
  readonly isBootable: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly availabilityZone?: string;
}

export interface VolumeType {
  readonly id: string;
  readonly name: string;
  readonly isPublic: boolean;
  /** Members see `replication_enabled` only. */
  readonly extraSpecs: Readonly<Record<string, string>>;
}

export interface Pool {
  readonly name: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
}
export interface VolumeService {
  readonly binary: string;
  readonly host: string;
  readonly status: string;
  readonly state: string;
  readonly replicationStatus: string | null;
}
export interface VolumeGroup {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly volumeIds: readonly string[];
  readonly groupTypeId: string;
  readonly volumeTypeIds: readonly string[];
}
export interface GroupType {
  readonly id: string;
  readonly name: string;
  readonly specs: Readonly<Record<string, string>>;
}
export interface VolumeQuota {
  readonly volumes: { readonly limit: number; readonly used: number };
  readonly gigabytes: { readonly limit: number; readonly used: number };
  readonly byType: Readonly<
    Record<
      string,
      {
        readonly volumes: { readonly limit: number; readonly used: number };
        readonly gigabytes: { readonly limit: number; readonly used: number };
      }
    >
  >;
}
