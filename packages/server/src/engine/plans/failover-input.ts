import type { PortDescription, ReadinessGate, ServerDescription, VolumeDescription } from "@protector/contract";
import type { Flavor, Port, SecurityGroup, Server, ServerGroup, Subnet, VolumeType } from "@protector/openstack";
import type { ArrayConnection, ArrayGroup, Marker, RecoveryPoint, ReplicationSettings } from "@protector/storage";
import type { MappingLookup } from "../world/mapping.ts";
import type { LeftBehindHere } from "./clear-left-behind.ts";
import type { ObservedPod } from "./pod-checks.ts";
import type { NicWiring } from "./port-wiring.ts";
import type { ProjectQuota, SizeWithoutRoom } from "./room-needs.ts";

/** Everything that a planned failover is planned from: nothing else is looked at. */
export interface FailoverInput {
  readonly operationId: string;
  readonly group: { readonly id: string; readonly name: string; readonly arrayGroup: string };
  readonly epochs: FailoverEpochs;
  readonly members: readonly FailoverMember[];
  readonly mapping: MappingLookup;
  readonly replication: ReplicationSettings;
  /** The pod that the volumes are in; undefined = in none. */
  readonly pod: ObservedPod | undefined;
  readonly source: ObservedSource;
  readonly target: ObservedTarget;
  /** Names at the source, by id, of what the mappings lack. */
  readonly sourceNames: ReadonlyMap<string, string>;
  /** What an older recovery has left at the target; undefined: nothing. */
  readonly leftBehind: LeftBehindHere | undefined;
}

export interface FailoverEpochs {
  /** The group's epoch now. */
  readonly current: number;
  /** In the target's name. */
  readonly next: number;
  /** In the source's name, above `next`: where a rollback goes. */
  readonly back: number;
}

export interface FailoverMember {
  readonly id: string;
  readonly name: string;
  /** Server at the source. */
  readonly serverId: string;
  readonly tier: number;
  readonly dependsOn: readonly string[];
  readonly delaySeconds: number;
  readonly isCritical: boolean;
  readonly keepsUserData: boolean;
  /** Null = ready when ACTIVE. */
  readonly gate: ReadinessGate | null;
  /** Network interfaces with settings of their own, by lower-case MAC of the description's port. */
  readonly nics: ReadonlyMap<string, NicWiring>;
  readonly description: ServerDescription;
}

/** The site that the servers leave, as it was seen. */
export interface ObservedSource {
  readonly siteName: string;
  readonly servers: ReadonlyMap<string, Server>;
  readonly marker: Marker | undefined;
  readonly arrayGroup: ArrayGroup | undefined;
  /** Connection of its array to the target's; undefined when the array knows none. */
  readonly connection: ArrayConnection | undefined;
}

/** The site that they arrive at. */
export interface ObservedTarget {
  readonly siteName: string;
  readonly projectId: string;
  /** All networks, by id. */
  readonly networkNames: ReadonlyMap<string, string>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly flavors: ReadonlyMap<string, Flavor>;
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>;
  readonly volumeTypes: ReadonlyMap<string, VolumeType>;
  readonly availabilityZones: readonly string[];
  /** Of the images that the volumes need or are mapped to: those that are there. */
  readonly imageIds: ReadonlySet<string>;
  /** Of the server groups that are mapped: those that are there. */
  readonly serverGroups: ReadonlyMap<string, ServerGroup>;
  /** Volumes are made from images: the array there holds no data. */
  readonly makesFromImages: boolean;
  /** Ports on the mapped networks that could hold our addresses. */
  readonly ports: readonly Port[];
  readonly quota: ProjectQuota;
  /** Sizes of the group's servers that no host has room for. */
  readonly withoutRoom: readonly SizeWithoutRoom[];
  readonly marker: Marker | undefined;
  readonly newestUsablePoint: RecoveryPoint | undefined;
  /** Why `manage` would have no backend to name; undefined when it has. */
  readonly cinderHostProblem: string | undefined;
  /** Why no trust of the tenant works; undefined when one does. */
  readonly trustProblem: string | undefined;
}

export type { PortDescription, ServerDescription, VolumeDescription };
