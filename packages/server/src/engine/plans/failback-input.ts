import type { CheckResult, ServerDescription } from "@protector/contract";
import type { Port, Server } from "@protector/openstack";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";

/**
 * Everything that a failback is planned from. Members are described as they were found at the site that they leave; the
 * target is their home.
 */
export interface FailbackInput extends FailoverInput, WaitingHome {
  /** What was found at the site that is left, by member: emptied at the end. */
  readonly away: ReadonlyMap<string, AwayMember>;
  /** Cinder groups of those volumes. */
  readonly awayGroupIds: readonly string[];
  /** Why a member cannot be described as it is now. */
  readonly refusals: readonly CheckResult[];
}

/** What the servers that a group left at home are good for, when it comes back. */
export interface WaitingHome {
  /** What waits at home, by member. */
  readonly homes: ReadonlyMap<string, HomeMember>;
  /** Members that never came up at the other site: their servers at home have all their data. */
  readonly stayed: readonly StayedMember[];
}

/** A member's counterpart at home. */
export interface HomeMember {
  /** Undefined: it is rebuilt. */
  readonly server: Server | undefined;
  readonly description: ServerDescription | null;
  /** By id of the volume that is to come home. */
  readonly volumes: ReadonlyMap<string, HomeVolume>;
  /** Ports at home by lower-case MAC: those of the server, and those that have outlived it. */
  readonly ports: ReadonlyMap<string, Port>;
}

/** A volume that waits at home. */
export interface HomeVolume {
  readonly volumeId: string;
  readonly arrayVolume: string;
  readonly name: string;
  readonly sizeGib: number;
}

export interface StayedMember {
  readonly id: string;
  readonly name: string;
  readonly serverId: string;
  readonly description: ServerDescription;
}

/** What a member has at the site that it leaves, beside its server. */
export interface AwayMember {
  /** Ports and floating IPs that Protector made. */
  readonly portIds: readonly string[];
  readonly floatingIps: readonly { readonly id: string; readonly address: string }[];
  readonly serverGroupIds: readonly string[];
  /** Ids on the array, by array name. */
  readonly arrayIds: ReadonlyMap<string, string>;
}

/** How one member comes home. */
export interface ComingHome {
  readonly member: FailoverMember;
  readonly home: HomeMember;
  /** The server that waits and is kept; undefined: rebuilt. */
  readonly server: Server | undefined;
  /** In boot order: the volume at home that is overwritten, or undefined for one that is made. */
  readonly volumes: readonly (HomeVolume | undefined)[];
  /** Volumes of the kept server that have nothing to come back to. */
  readonly surplus: readonly string[];
  /** Volumes at home that are to become larger. */
  readonly grown: readonly GrownVolume[];
}

/** A volume that was given more room while it was away. */
export interface GrownVolume {
  /** Its place in boot order. */
  readonly index: number;
  readonly volumeId: string;
  readonly name: string;
  readonly volumeType: string;
  readonly fromGib: number;
  readonly toGib: number;
}

/** Decides for each member what is kept and what is made. */
export function comingHome(input: Pick<FailbackInput, "members" | "homes">): readonly ComingHome[] {
  return input.members.map((member) => {
    const home = input.homes.get(member.id) ?? {
      server: undefined,
      description: null,
      volumes: new Map(),
      ports: new Map(),
    };
    const volumes = member.description.volumes.map((volume) => {
      const waiting = home.volumes.get(volume.volume_id);
      // No volume becomes smaller: one that is, is another one.
      return waiting && waiting.sizeGib <= volume.size_gib ? waiting : undefined;
    });
    const wanted = new Set(volumes.map((volume) => volume?.volumeId));
    const surplus = home.server?.volumeIds.filter((id) => !wanted.has(id)) ?? [];
    return { member, home, server: home.server, volumes, surplus, grown: grownVolumes(member, volumes) };
  });
}

function grownVolumes({ description }: FailoverMember, waiting: ComingHome["volumes"]): readonly GrownVolume[] {
  return description.volumes.flatMap(({ size_gib: toGib, volume_type: volumeType }, index) => {
    const at = waiting[index];
    if (!at || at.sizeGib === toGib) return [];
    const { volumeId, sizeGib: fromGib } = at;
    return { index, volumeId, name: at.name || volumeId, volumeType, fromGib, toGib };
  });
}

/** The failback as if it consisted of what has to be made at home alone. */
export function remadeOnly(input: FailoverInput, coming: readonly ComingHome[]): FailoverInput {
  const ownPorts = new Set(coming.flatMap(({ home }) => [...home.ports.values()].map(({ id }) => id)));
  const ports = input.target.ports.filter(({ id }) => !ownPorts.has(id));
  const members = coming.filter(({ server }) => !server).map(madeOf);
  return { ...input, members, target: { ...input.target, ports } };
}

function madeOf({ member, home, volumes }: ComingHome): FailoverMember {
  const { description } = member;
  return {
    ...member,
    description: {
      ...description,
      volumes: description.volumes.filter((_, index) => !volumes[index]),
      ports: description.ports.filter((port) => !home.ports.has(port.mac_address.toLowerCase())),
    },
  };
}
