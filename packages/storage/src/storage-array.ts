/**
 * The port between Protector and a replicating storage array. One `StorageArray` speaks to one array; what spans two
 * arrays (replication, failover) is composed of calls to both by the engine's plan, so that every call is a step of its own.
 *
 * All methods are safe to repeat: `ensure*` finds what is there, adopts or creates it and reads it back; `destroy*` and
 * `remove*` count "already gone" as done. A method throws `OutsideError` (service = the driver's name) when the array
 * refuses or does not answer, with the failure class of the refusal and whether it may have taken effect.
 */
export interface StorageArray {
  /**
   * Whether the data of Cinder's volumes is on this array. If not, its volumes only stand in for those of Cinder, which
   * has to make each recovered volume itself, without the data.
   */
  readonly holdsData: boolean;
  /** Who answers. @throws OutsideError `needs_operator` when credentials are refused or the API is older than the floor. */
  identify(): Promise<ArrayIdentity>;
  /** Free space, and the state of the connections to other arrays. */
  health(): Promise<ArrayHealth>;
  /** When what logs in here ends, ms since the UNIX epoch; undefined: never, or the array does not say it. */
  tokenEndsAt(): Promise<number | undefined>;

  /** Tells an array that holds no data which volumes Cinder has; one that does knows them and does nothing. */
  enrol(volumes: readonly VolumeStandIn[]): Promise<void>;
  /** A live volume by its array name; undefined when there is none. */
  findVolume(name: string): Promise<ArrayVolume | undefined>;
  /** Several at once; names without a live volume are left out. */
  findVolumes(names: readonly string[]): Promise<readonly ArrayVolume[]>;
  /** Hosts that a live volume is connected to; empty when it has none or does not exist. */
  connectionsOf(volumes: readonly string[]): Promise<readonly VolumeConnection[]>;
  /** Ends one connection. */
  disconnect(connection: VolumeConnection): Promise<void>;

  /** A pod by name as this array sees it; undefined when it has none. */
  findPod(name: string): Promise<ArrayPod | undefined>;

  /** A live protection group made on this array, or one replicated in (`<source array>:<group>`). */
  findGroup(name: string): Promise<ArrayGroup | undefined>;
  /** Interval and schedule of many live groups by few questions, by name; those that are not here are left out. */
  readReplication(groups: readonly string[]): Promise<ReadonlyMap<string, ArrayGroup["replication"]>>;
  ensureGroup(name: string): Promise<void>;
  /** Makes the members exactly `volumes`. */
  setMembers(group: string, volumes: readonly string[]): Promise<void>;
  /** Adds the other array, by its name as connected here, as target of the group. */
  ensureTarget(group: string, targetArray: string): Promise<void>;
  /** Sends the group to that array no more; one that it is not sent to is done. */
  removeTarget(group: string, targetArray: string): Promise<void>;
  /**
   * On the target array: lets a group of `sourceArray` replicate in.
   * @throws OutsideError `waiting` until the group has appeared here.
   */
  allowReplicationFrom(sourceArray: string, group: string): Promise<void>;
  /** On the target array: stops a group of `sourceArray` from replicating in; drops a transfer under way. */
  disallowReplicationFrom(sourceArray: string, group: string): Promise<void>;
  /**
   * Interval, retention on both sides, schedule on or off. The schedule of a group in a pod is one of snapshots: its
   * volumes are on both arrays already.
   */
  setReplication(group: string, settings: ReplicationSettings): Promise<void>;
  /** Destroys the group with its local snapshots; volumes stay. */
  destroyGroup(name: string): Promise<void>;

  /**
   * Cuts all volumes of the group at one point and starts to send it to the targets. A point of a group in a pod is on
   * both of the pod's arrays at once. Finds a point of that suffix made
   * before and takes it instead.
   * @param suffix ≤ 63 characters of letters, digits and `-`, with at least one letter.
   */
  replicateNow(group: string, suffix: string): Promise<RecoveryPoint>;
  /**
   * The points of a group, newest data first. Asked of the target, they are those that a recovery there can use.
   * @param source `array` is the source array's name when this array is the target, undefined for points made here.
   */
  listRecoveryPoints(source: PointSource): Promise<readonly RecoveryPoint[]>;
  /** The same for many groups by few questions, by the group's name as `sources` give it; one without points has none. */
  listRecoveryPointsOf(sources: readonly PointSource[]): Promise<ReadonlyMap<string, readonly RecoveryPoint[]>>;
  /** One point by suffix; undefined when there is none. */
  findRecoveryPoint(source: PointSource, suffix: string): Promise<RecoveryPoint | undefined>;
  /** Many of them by few questions, in the order in which they are asked for. */
  findRecoveryPoints(asked: readonly PointQuestion[]): Promise<readonly (RecoveryPoint | undefined)[]>;
  /** Names of the source volumes that a point holds, those in a pod with the pod's name. */
  volumesOfPoint(source: PointSource, suffix: string): Promise<readonly PointVolume[]>;
  destroyRecoveryPoint(source: PointSource, suffix: string): Promise<void>;
  /** A local snapshot of one volume, kept until destroyed: the way back from an overwrite. */
  ensureVolumeSnapshot(volume: string, suffix: string): Promise<void>;
  /** Destroys a local snapshot of one volume (recoverable for the array's eradication delay). */
  destroyVolumeSnapshot(volume: string, suffix: string): Promise<void>;

  /**
   * Makes volume `name` a writable copy of one volume of a point, unless a live volume of that name exists.
   * It never lands in a default protection group of the array.
   * @throws OutsideError `final` when the point is gone.
   */
  ensureClone(request: CloneRequest): Promise<ArrayVolume>;
  /**
   * Replaces the content of `volume` by that of `source` (a volume or snapshot name on this array). Fire once.
   * @throws OutsideError `final` when `volume` is connected to a host or `source` is gone.
   */
  overwrite(volume: string, source: string): Promise<void>;
  renameVolume(from: string, to: string): Promise<void>;
  /**
   * Destroys a volume (recoverable for the array's eradication delay).
   * @param id array id recorded when it was made; a volume of that name with another id is left alone.
   */
  destroyVolume(name: string, id?: string): Promise<void>;

  /** The marker of a protection group on this array; undefined when it is missing. */
  readMarker(groupId: string): Promise<Marker | undefined>;
  /** The markers of many groups by one question, by group id; those without one here are left out. */
  readMarkers(groupIds: readonly string[]): Promise<ReadonlyMap<string, Marker>>;
  /** Makes the marker unless the group has one here; answers the one that stands. */
  ensureMarker(marker: Marker): Promise<Marker>;
  /**
   * Compare-and-swap: renames the marker from exactly `from` to `to`. Repeating it after a lost answer is safe.
   * @returns the marker that stands afterwards: `to` on success, else what somebody else put there; undefined when missing.
   */
  swapMarker(from: Marker, to: Marker): Promise<Marker | undefined>;
  destroyMarker(groupId: string): Promise<void>;

  /** Ends the session with the array. */
  close(): Promise<void>;
}

/** A volume of Cinder as an array that holds no data knows it. */
export interface VolumeStandIn {
  readonly name: string;
  readonly bytes: number;
}

export interface ArrayIdentity {
  /** Stays for the array's life; names can change. */
  readonly id: string;
  /** Part of every replicated object's name on the other array. */
  readonly name: string;
  readonly model: string;
  /** Version of the array's software. */
  readonly version: string;
  /** Version of its API in use. */
  readonly apiVersion: string;
}

export interface ArrayHealth {
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly connections: readonly ArrayConnection[];
}

/** A replication link to another array, as seen from this one. */
export interface ArrayConnection {
  /** Name of the other array. */
  readonly array: string;
  /** `degraded`: some paths are down. */
  readonly status: "connected" | "degraded" | "disconnected";
}

/** A pod: a name space of volumes and groups, kept alike by all of its arrays. */
export interface ArrayPod {
  readonly name: string;
  /** One for each array that the pod is stretched over. */
  readonly halves: readonly PodHalf[];
}

/** A pod on one of its arrays, as the asked array knows it. */
export interface PodHalf {
  /** Name of the array. */
  readonly array: string;
  readonly arrayId: string;
  /**
   * `online` has the current data and serves them; all others are no place to recover at. `unknown`: the asked array
   * is cut off itself, and only says so of the other.
   */
  readonly status: "online" | "resyncing" | "offline" | "suspended" | "unknown";
  /** Only with `online` does a half go on by itself when the other one is lost. */
  readonly mediator: "online" | "unreachable" | "unknown" | "flummoxed";
  /** It goes on when no array reaches the mediator and they lose each other. */
  readonly isPreElected: boolean;
  /** Time of its data when it is behind, ms since the UNIX epoch; undefined while in sync. */
  readonly frozenAt: number | undefined;
  /** 0 to 1 while resyncing, else undefined. */
  readonly progress: number | undefined;
}

export interface ArrayVolume {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  /** Part of the WWN that guests see. */
  readonly serial: string;
  /** ms since the UNIX epoch, array clock. */
  readonly createdAt: number;
  readonly connectionCount: number;
}

export interface VolumeConnection {
  readonly volume: string;
  readonly host: string;
}

export interface ArrayGroup {
  readonly name: string;
  /** Volume names on the array that made the group. */
  readonly members: readonly string[];
  readonly targets: readonly GroupTarget[];
  readonly replication: { readonly enabled: boolean; readonly intervalMs: number };
}

export interface GroupTarget {
  /** Name of the target array. */
  readonly array: string;
  readonly isAllowed: boolean;
}

export interface ReplicationSettings {
  readonly enabled: boolean;
  /** ms between scheduled points. */
  readonly intervalMs: number;
  /** Keep every scheduled point for this many seconds, then `perDay` of a day for `days` days. */
  readonly retention: { readonly allForSeconds: number; readonly perDay: number; readonly days: number };
}

export interface PointSource {
  /** A group in a pod by its whole name `POD::GROUP`, the same on both arrays of the pod. */
  readonly group: string;
  readonly array: string | undefined;
}

/** Which point is asked for. */
export interface PointQuestion {
  readonly source: PointSource;
  readonly suffix: string;
}

/** One snapshot of a whole group. */
export interface RecoveryPoint {
  readonly group: string;
  readonly suffix: string;
  /** Time of the data: when the source was cut, ms since the UNIX epoch on the source array's clock. */
  readonly createdAt: number;
  /** When its transfer to the asked array ended (that array's clock); undefined while it runs or when it never started. */
  readonly completedAt: number | undefined;
  /** 0 to 1; 1 for a point that was made on the asked array. */
  readonly progress: number;
  /** All of its data is on the asked array. */
  readonly isUsable: boolean;
  /** Bytes sent over the wire so far. */
  readonly bytesSent: number;
}

export interface PointVolume {
  /** Name of the volume on the array that owned it when the point was cut. */
  readonly sourceVolume: string;
  /** Name of its snapshot on the asked array: the source of clones. */
  readonly snapshot: string;
  readonly bytes: number;
}

export interface CloneRequest {
  readonly source: PointSource;
  readonly suffix: string;
  readonly sourceVolume: string;
  /** Name of the new volume: ≤ 63 characters of letters, digits and `-`. */
  readonly name: string;
}

/**
 * The witness of a protection group's primary role on an array: a 1 MiB volume whose name is the state.
 * Epochs of one site are even, of the other odd; they are only ever raised.
 */
export interface Marker {
  /** Protection group id. */
  readonly groupId: string;
  readonly epoch: number;
  /** Id of the operation that holds the group; undefined = idle. Only its first 8 hex digits stand on the array. */
  readonly holder: string | undefined;
}
