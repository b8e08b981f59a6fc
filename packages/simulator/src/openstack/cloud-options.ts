import type { VolumeDurations, VolumeLimits } from "./cinder/records.ts";
import type { NetworkLimits } from "./neutron/records.ts";
import type { ComputeDurations, ComputeLimits } from "./nova/records.ts";

/** TCP ports of a cloud's services; the defaults are OpenStack's own. */
export interface CloudPorts {
  readonly keystone: number;
  readonly nova: number;
  readonly cinder: number;
  readonly neutron: number;
  readonly glance: number;
  readonly placement: number;
  readonly octavia: number;
}

export const DEFAULT_PORTS: CloudPorts = {
  keystone: 5000,
  nova: 8774,
  cinder: 8776,
  neutron: 9696,
  glance: 9292,
  placement: 8778,
  octavia: 9876,
};

/** ms that background work takes on a cloud like the one that was measured. */
export const DEFAULT_COMPUTE_DURATIONS: ComputeDurations = {
  buildMs: 3000,
  deleteMs: 1500,
  stopMs: 2000,
  startMs: 1500,
  rebootMs: 2000,
  shelveMs: 3900,
  unshelveMs: 2300,
  attachMs: 1000,
  detachMs: 1000,
  detachLagMs: 300,
  // Not measured.
  resizeMs: 9000,
  confirmResizeMs: 2000,
};

export const DEFAULT_VOLUME_DURATIONS: VolumeDurations = {
  createMs: 800,
  deleteMs: 800,
  manageMs: 800,
  unmanageMs: 500,
  groupMs: 700,
};

/** Another array that a backend replicates to synchronously (`replication_device` with `type:sync`). */
export interface SyncDeviceOptions {
  /** Names an array of the same world; the link of the two has to be for synchronous replication. */
  readonly array: string;
  /** Hosts are connected to both arrays; default false. */
  readonly isUniform?: boolean;
}

/** One Cinder backend; `array` names an array of the same world. */
export interface BackendOptions {
  /** Default `pure`. */
  readonly name?: string;
  readonly array: string;
  /** Default `<cloud>@<name>`. */
  readonly host?: string;
  /** Default `pure`. */
  readonly pool?: string;
  /** Default none. With it the pod `cinder-pod` is stretched, and the driver takes volumes of sync types. */
  readonly sync?: SyncDeviceOptions;
}

/** Compute hosts: how many, and how big each is. */
export interface HostOptions {
  /** Default 4. */
  readonly count?: number;
  /** Of one host; default 4096. */
  readonly vcpus?: number;
  /** MiB of one host; default 16 TiB. */
  readonly ramMiB?: number;
  /** Local disk of one host; default 4096. */
  readonly diskGiB?: number;
  /** Default `nova`. */
  readonly availabilityZone?: string;
}

export interface CloudOptions {
  readonly name: string;
  /** Loopback address of all services. */
  readonly host: string;
  readonly ports?: Partial<CloudPorts>;
  /** Default `RegionOne`. */
  readonly region?: string;
  readonly backends: readonly [BackendOptions, ...BackendOptions[]];
  /** Cinder's `volume_manage` and `volume_unmanage` are `rule:admin_or_owner`; default true. */
  readonly memberMayManage?: boolean;
  readonly hosts?: HostOptions;
  readonly computeDurations?: Partial<ComputeDurations>;
  readonly volumeDurations?: Partial<VolumeDurations>;
  /** Of every project that the seed makes; -1 = unlimited. */
  readonly quotas?: {
    readonly compute?: Partial<ComputeLimits>;
    readonly volume?: Partial<VolumeLimits>;
    readonly network?: Partial<NetworkLimits>;
  };
}
