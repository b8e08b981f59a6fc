/**
 * Nova, as much of it as disaster recovery needs. Methods throw `OutsideError` (service `nova`); `find*` answer undefined
 * for 404; `delete*` of what is not there succeeds. Source of formats: https://docs.openstack.org/api-ref/compute/
 */
export interface ComputeClient {
  /** Highest microversion that both sides know, at least 2.79 (Train) and at most 2.93. */
  microversion(): Promise<string>;
  findServer(id: string): Promise<Server | undefined>;
  /** Servers of the token's project, or of all projects for administrators. Filters are ANDed. */
  listServers(filter: {
    readonly tag?: string;
    readonly name?: string;
    readonly projectId?: string;
    readonly allProjects?: boolean;
  }): Promise<readonly Server[]>;
  createServer(request: CreateServer): Promise<{ readonly id: string }>;
  deleteServer(id: string): Promise<void>;
  stopServer(id: string): Promise<void>;
  startServer(id: string): Promise<void>;
  shelveServer(id: string): Promise<void>;
  unshelveServer(id: string): Promise<void>;
  lockServer(id: string, reason: string): Promise<void>;
  unlockServer(id: string): Promise<void>;
  /**
   * Begins to move a server to a host for another flavor; it runs or is off, not shelved. It is `RESIZE`, then
   * `VERIFY_RESIZE` until it is confirmed; where no host has room it becomes what it was, and Nova does not say so.
   */
  resizeServer(id: string, flavorId: string): Promise<void>;
  confirmResize(id: string): Promise<void>;
  /** Plugs a port into a server that runs or is off, not shelved. */
  attachPort(id: string, portId: string): Promise<void>;
  /** Begins to unplug a port. One that Nova has made it deletes, others stay. */
  detachPort(id: string, portId: string): Promise<void>;
  /** The last `lines` lines of the console log; empty when there is none yet. */
  consoleOutput(id: string, lines: number): Promise<string>;
  findFlavor(id: string): Promise<Flavor | undefined>;
  listFlavors(): Promise<readonly Flavor[]>;
  /** Key pair of the token's user, or of `userId` for administrators. */
  findKeypair(name: string, userId?: string): Promise<Keypair | undefined>;
  /** Of the caller himself. */
  listKeypairs(): Promise<readonly Keypair[]>;
  importKeypair(name: string, publicKey: string, type: string): Promise<Keypair>;
  /** Of the token's user. */
  deleteKeypair(name: string): Promise<void>;
  findServerGroup(id: string): Promise<ServerGroup | undefined>;
  /** Server groups of the project with their members; servers do not name their group. */
  listServerGroups(allProjects?: boolean): Promise<readonly ServerGroup[]>;
  createServerGroup(name: string, policy: string): Promise<ServerGroup>;
  deleteServerGroup(id: string): Promise<void>;
  listAvailabilityZones(): Promise<readonly string[]>;
  /** Volumes attached to a server, with device names, tags and delete-on-termination. */
  listVolumeAttachments(serverId: string): Promise<readonly VolumeAttachment[]>;
  /** Attaches a free volume; the server may be shelved (then Nova takes no device tag). */
  attachVolume(
    serverId: string,
    attachment: { readonly volumeId: string; readonly deleteOnTermination: boolean },
  ): Promise<void>;
  /** Decides whether a volume is deleted with its server (2.85). */
  setDeleteOnTermination(serverId: string, volumeId: string, deleteOnTermination: boolean): Promise<void>;
  /**
   * Begins to detach a volume that is not the root. Of a shelved server Nova deletes a volume on the way that would be
   * deleted with the server.
   */
  detachVolume(serverId: string, volumeId: string): Promise<void>;
  /** Limits and use of a project; -1 = unlimited. */
  quota(projectId: string): Promise<ComputeQuota>;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** `ACTIVE`, `SHUTOFF`, `SHELVED_OFFLOADED`, `BUILD`, `ERROR`, … */
  readonly status: string;
  /** What Nova does with it right now: `OS-EXT-STS:task_state`. */
  readonly taskState: string | null;
  readonly powerState: number | null;
  readonly projectId: string;
  readonly userId: string;
  readonly isLocked: boolean;
  readonly lockedReason: string | null;
  /** Flavor as the server carries it (2.47+: embedded, without id). */
  readonly flavor: Omit<Flavor, "id" | "name"> & { readonly originalName: string };
  /** Undefined for a server booted from a volume. */
  readonly imageId: string | undefined;
  readonly keyName: string | null;
  readonly availabilityZone: string | null;
  readonly hostname: string | null;
  /** Hypervisor host; administrators only. */
  readonly host: string | undefined;
  readonly rootDeviceName: string | undefined;
  readonly userData: string | undefined;
  readonly hasConfigDrive: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly securityGroups: readonly string[];
  readonly createdAt: string;
  readonly launchedAt: string | null;
  readonly terminatedAt: string | null;
  readonly fault: string | undefined;
  readonly volumeIds: readonly string[];
}

export interface CreateServer {
  readonly name: string;
  readonly description?: string;
  readonly flavorId: string;
  readonly keyName?: string;
  readonly availabilityZone?: string;
  /** Left out where Nova is older than 2.90 (Xena): it makes one from the name. */
  readonly hostname?: string;
  readonly userData?: string;
  readonly configDrive?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** Given at creation (2.52): how ours is found again. */
  readonly tags: readonly string[];
  readonly networks: readonly { readonly portId: string; readonly tag?: string }[];
  /** In boot order; the first is the root volume. */
  readonly volumes: readonly {
    readonly volumeId: string;
    readonly bootIndex: number;
    readonly deleteOnTermination: boolean;
    readonly tag?: string;
    readonly deviceName?: string;
  }[];
  readonly serverGroupId?: string;
}

export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ramMiB: number;
  readonly diskGiB: number;
  readonly ephemeralGiB: number;
  readonly swapMiB: number;
  readonly extraSpecs: Readonly<Record<string, string>>;
}

export interface Keypair {
  readonly name: string;
  readonly type: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly memberIds: readonly string[];
}

export interface VolumeAttachment {
  readonly volumeId: string;
  readonly device: string | null;
  readonly tag: string | null;
  readonly deleteOnTermination: boolean;
}

export interface QuotaValue {
  readonly limit: number;
  readonly used: number;
}

export interface ComputeQuota {
  readonly instances: QuotaValue;
  readonly cores: QuotaValue;
  readonly ramMiB: QuotaValue;
  readonly serverGroups: QuotaValue;
}
