import type { CheckResult, ServerDescription } from "@protector/contract";
import type { Port, Server } from "@protector/openstack";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { type FlavorChange, flavorChange } from "./flavor-change.ts";
import { type NicChanges, NO_NIC_CHANGES, nicChanges, type Outward } from "./nic-changes.ts";

/**
 * Everything that a failback is planned from. Members are described as they were found at the site that they leave; the
 * target is their home.
 */
export interface FailbackInput extends FailoverInput, WaitingHome {
  /** What was found at the site that is left, by member: emptied at the end. */
  readonly away: ReadonlyMap<string, AwayMember>;
  /** Cinder groups of those volumes. */
  readonly awayGroupIds: readonly string[];
  /** The pod that what waits at home is in; undefined = in none. */
  readonly homePod: string | undefined;
  /** Why a member cannot be described as it is now. */
  readonly refusals: readonly CheckResult[];
  /** Servers have run at home in a failback that was taken back: what they wrote is nowhere else. */
  readonly hasRunAtHome: boolean;
}

/** What the servers that a group left at home are good for, when it comes back. */
export interface WaitingHome {
  /** What waits at home, by member. */
  readonly homes: ReadonlyMap<string, HomeMember>;
  /** What the way out made of what was at home; undefined: nobody can say how the servers are now. */
  readonly outward: Outward | undefined;
  /** Members that never came up at the other site: their servers at home have all their data. */
  readonly stayed: readonly StayedMember[];
  /** Array group that waits there in a pod, for nothing. */
  readonly podGroup?: string;
}

/** A member's counterpart at home. */
export interface HomeMember {
  /** Undefined: it is rebuilt. */
  readonly server: Server | undefined;
  /** A server that waits and is not used again, whose ports the rebuilt one gets. */
  readonly replaced?: Server;
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
  readonly nics: NicChanges;
  /** The kept server was resized. */
  readonly flavor: FlavorChange | undefined;
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
export function comingHome(input: FailoverInput & Pick<WaitingHome, "homes" | "outward">): readonly ComingHome[] {
  return input.members.map((member) => {
    const home = input.homes.get(member.id) ?? NOTHING_AT_HOME;
    const volumes = member.description.volumes.map((volume) => {
      const waiting = home.volumes.get(volume.volume_id);
      // No volume becomes smaller: one that is, is another one.
      return waiting && waiting.sizeGib <= volume.size_gib ? waiting : undefined;
    });
    const wanted = new Set(volumes.map((volume) => volume?.volumeId));
    const surplus = home.server?.volumeIds.filter((id) => !wanted.has(id)) ?? [];
    const grown = grownVolumes(member, volumes);
    return { member, home, server: home.server, volumes, surplus, grown, ...changesOf(input, member, home) };
  });
}

const NOTHING_AT_HOME: HomeMember = { server: undefined, description: null, volumes: new Map(), ports: new Map() };

function changesOf(
  input: FailoverInput & Pick<WaitingHome, "outward">,
  member: FailoverMember,
  { description, ports, server }: HomeMember,
): Pick<ComingHome, "nics" | "flavor"> {
  const { outward } = input;
  if (!description || !outward) return { nics: NO_NIC_CHANGES, flavor: undefined };
  const at = server && { home: description, server, outward: outward.mapping };
  return {
    nics: nicChanges(input, member, { home: { description, ports }, outward }),
    flavor: at && flavorChange(input, member.description, at),
  };
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

function madeOf({ member, home, volumes, nics }: ComingHome): FailoverMember {
  const { description } = member;
  return {
    ...member,
    description: {
      ...description,
      volumes: description.volumes.filter((_, index) => !volumes[index]),
      ports: description.ports.filter(
        (port, index) => nics.added.includes(index) || !home.ports.has(port.mac_address.toLowerCase()),
      ),
    },
  };
}

/** What servers that are kept get beside what waits for them: volumes and interfaces, and what interfaces gain. */
export function addedOnly(input: FailoverInput, coming: readonly ComingHome[]): FailoverInput {
  const members = coming.flatMap(({ member, server, volumes, nics }) => {
    const { description } = member;
    const gaining = nics.rewired.flatMap(({ index, gained }) => {
      const port = description.ports[index];
      return port ? [{ ...port, ...gained, floating_ips: [] }] : [];
    });
    const added = server
      ? {
          volumes: description.volumes.filter((_, index) => !volumes[index]),
          ports: [...description.ports.filter((_, index) => nics.added.includes(index)), ...gaining],
        }
      : { volumes: [], ports: gaining };
    return [{ ...member, description: { ...description, ...added } }];
  });
  return { ...remadeOnly(input, coming), members };
}
