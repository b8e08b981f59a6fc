export interface FlavorRecord {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ramMiB: number;
  readonly diskGiB: number;
  readonly ephemeralGiB: number;
  readonly swapMiB: number;
  readonly isPublic: boolean;
  extraSpecs: Record<string, string>;
}

export interface KeypairRecord {
  readonly name: string;
  readonly userId: string;
  readonly type: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAt: number;
}

export interface ServerGroupRecord {
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly projectId: string;
  readonly userId: string;
}

/** A hypervisor; `arrayHost` is its host object on the arrays. */
export interface ComputeHost {
  readonly name: string;
  readonly availabilityZone: string;
  readonly arrayHost: string;
  vcpus: number;
  ramMiB: number;
  /** For root disks of images, ephemeral and swap disks. */
  diskGiB: number;
  /** Placement's; `COMPUTE_STATUS_DISABLED` keeps new servers away. */
  readonly traits: Set<string>;
}

/** One block device of a server. */
export interface Disk {
  readonly volumeId: string;
  readonly attachmentId: string;
  readonly device: string;
  readonly tag: string | null;
  deleteOnTermination: boolean;
  readonly isRoot: boolean;
}

export interface Nic {
  readonly portId: string;
  readonly tag: string | null;
  /** Nova made the port and deletes it with the server. */
  readonly isOwned: boolean;
}

export type VmState = "building" | "active" | "stopped" | "resized" | "shelved_offloaded" | "error";

export interface ServerRecord {
  readonly id: string;
  name: string;
  description: string | null;
  readonly projectId: string;
  readonly userId: string;
  flavor: FlavorRecord;
  /** Undefined for a server booted from a volume. */
  readonly imageId: string | undefined;
  readonly keyName: string | null;
  readonly availabilityZone: string;
  readonly hostname: string;
  host: ComputeHost | undefined;
  readonly userData: string | null;
  readonly hasConfigDrive: boolean;
  metadata: Record<string, string>;
  tags: string[];
  readonly securityGroups: readonly string[];
  readonly createdAt: number;
  updatedAt: number;
  launchedAt: number | undefined;
  vmState: VmState;
  taskState: string | null;
  /** Nova's numbers: 0 no state, 1 running, 4 shut down. */
  powerState: number;
  lockedBy: "owner" | "admin" | undefined;
  lockedReason: string | null;
  fault: { readonly code: number; readonly message: string; readonly at: number } | undefined;
  readonly serverGroupId: string | undefined;
  /** While it waits to be confirmed. */
  resize?: { readonly wasRunning: boolean; readonly isConfirming: boolean } | undefined;
  disks: readonly Disk[];
  nics: readonly Nic[];
}

export interface ComputeLimits {
  instances: number;
  cores: number;
  ram: number;
  server_groups: number;
  server_group_members: number;
  key_pairs: number;
}

/** ms that Nova's background work takes. */
export interface ComputeDurations {
  readonly buildMs: number;
  readonly deleteMs: number;
  readonly stopMs: number;
  readonly startMs: number;
  readonly rebootMs: number;
  readonly shelveMs: number;
  readonly unshelveMs: number;
  readonly attachMs: number;
  readonly detachMs: number;
  /** How long Nova still lists an attachment after Cinder has freed the volume. */
  readonly detachLagMs: number;
  readonly resizeMs: number;
  readonly confirmResizeMs: number;
}

/** What the hypervisors are told about their guests. */
export interface GuestPower {
  /** The server's guest runs from now on. */
  boot(server: ServerRecord): void;
  halt(server: ServerRecord): void;
  /** A disk was attached to the running guest, or is about to be taken off it. */
  disksChanged(server: ServerRecord): void;
}
