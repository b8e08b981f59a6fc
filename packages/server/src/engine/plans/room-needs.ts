import {
  type ComputeQuota,
  type Flavor,
  type HostRequest,
  hostRequest,
  type NetworkQuota,
  type VolumeQuota,
} from "@protector/openstack";
import type { MappingLookup } from "../world/mapping.ts";
import type { FailoverMember } from "./failover-input.ts";
import { floatingIpCount } from "./port-wiring.ts";

/** What a recovery needs at the target: of the project's quota, and of the hosts. JSON: a step's input. */
export interface RoomNeeds {
  readonly instances: number;
  readonly cores: number;
  readonly ramMiB: number;
  readonly volumes: number;
  readonly gigabytes: number;
  /** By name of the volume type there. */
  readonly byType: Readonly<Record<string, { readonly volumes: number; readonly gigabytes: number }>>;
  readonly ports: number;
  readonly floatingIps: number;
  readonly sizes: readonly ServerSize[];
}

/** Servers that ask the same of a host. */
export interface ServerSize {
  /** Names of the flavors there. */
  readonly flavors: readonly string[];
  readonly servers: number;
  readonly request: HostRequest;
}

/** A size that the hosts have too little room for. */
export interface SizeWithoutRoom {
  readonly size: ServerSize;
  /** Servers of it that they could take together now, at most. */
  readonly fits: number;
  /** Undefined = the size by itself has too little room; else all sizes together, of this resource class. */
  readonly short?: { readonly resource: string; readonly free: number; readonly needed: number };
  /** Why Placement did not look at all; undefined when it looked and found none. */
  readonly refusal: string | undefined;
}

/** Quotas of a project. */
export interface ProjectQuota {
  readonly compute: ComputeQuota;
  readonly volume: VolumeQuota;
  readonly network: NetworkQuota;
}

/** Servers whose room is asked for, by the mappings to a site and its flavors by id. */
export interface RoomSubject {
  readonly members: readonly FailoverMember[];
  readonly mapping: MappingLookup;
  readonly flavors: ReadonlyMap<string, Flavor>;
}

/** Adds up what all servers need. Where a flavor is not mapped, the server's own counts. */
export function roomNeeds(subject: RoomSubject): RoomNeeds {
  const { members, mapping } = subject;
  const all = members.map(({ description }) => ({
    flavor: flavorOf(subject, description.flavor.id),
    description,
    volumes: description.volumes,
  }));
  const volumes = all.flatMap((each) => each.volumes);
  const byType: Record<string, { volumes: number; gigabytes: number }> = {};
  for (const { volume_type, size_gib } of volumes) {
    const type = mapping.find("volume_type", volume_type) ?? volume_type;
    const before = byType[type] ?? { volumes: 0, gigabytes: 0 };
    byType[type] = { volumes: before.volumes + 1, gigabytes: before.gigabytes + size_gib };
  }
  const ports = all.flatMap(({ description }) => description.ports);
  return {
    instances: all.length,
    cores: sum(all, ({ flavor, description }) => flavor?.vcpus ?? description.flavor.vcpus),
    ramMiB: sum(all, ({ flavor, description }) => flavor?.ramMiB ?? description.flavor.ram_mib),
    volumes: volumes.length,
    gigabytes: sum(volumes, (volume) => volume.size_gib),
    byType,
    ports: ports.length,
    floatingIps: sum(members, (member) => sum(member.description.ports, (port) => floatingIpCount(member, port))),
    sizes: serverSizes(subject),
  };
}

/** The different sizes of servers, each once; those of unmapped flavors are left out. */
export function serverSizes(subject: RoomSubject): readonly ServerSize[] {
  const sizes = new Map<string, ServerSize>();
  for (const { description } of subject.members) {
    const flavor = flavorOf(subject, description.flavor.id);
    const request = flavor && hostRequest(flavor, description.volumes[0]?.image_metadata);
    if (!request) continue;
    const key = JSON.stringify(request);
    const { flavors, servers } = sizes.get(key) ?? { flavors: [], servers: 0 };
    sizes.set(key, { flavors: [...new Set([...flavors, flavor.name])], servers: servers + 1, request });
  }
  return [...sizes.values()];
}

/** A sentence for everything that the project's quota has too little of. */
export function quotaShortages(needs: RoomNeeds, quota: ProjectQuota, projectId: string): readonly string[] {
  const { compute, volume, network } = quota;
  const rows: [string, number, { readonly limit: number; readonly used: number } | undefined][] = [
    ["servers", needs.instances, compute.instances],
    ["cores", needs.cores, compute.cores],
    ["MiB of RAM", needs.ramMiB, compute.ramMiB],
    ["volumes", needs.volumes, volume.volumes],
    ["GiB of volumes", needs.gigabytes, volume.gigabytes],
    ["ports", needs.ports, network.ports],
    ["floating IPs", needs.floatingIps, network.floatingIps],
    ...Object.entries(needs.byType).flatMap(([type, need]): typeof rows => [
      [`volumes of type ${type}`, need.volumes, volume.byType[type]?.volumes],
      [`GiB of type ${type}`, need.gigabytes, volume.byType[type]?.gigabytes],
    ]),
  ];
  return rows.flatMap(([what, needed, have]) => {
    if (needed === 0 || !have || have.limit < 0 || have.used + needed <= have.limit) return [];
    const left = Math.max(0, have.limit - have.used);
    return [`The failover needs ${needed} ${what}; project ${projectId} has ${left} left of ${have.limit}.`];
  });
}

/** Says of a size what is known: how many servers of it would find a host now, at most. */
export function noRoomReason({ size, fits, short, refusal }: SizeWithoutRoom, siteName: string): string {
  const of = `${size.servers === 1 ? "1 server" : `${size.servers} servers`} of flavor ${size.flavors.join(" or ")}`;
  if (refusal !== undefined) return `Placement at ${siteName} finds no host for ${of}: ${refusal}`;
  if (short) {
    const { resource, free, needed } = short;
    return `The hosts at ${siteName} together have ${free} ${resource} left for ${of}, which need ${needed}.`;
  }
  const resources = Object.entries(size.request.resources).map(([name, amount]) => `${name}:${amount}`);
  const traits = size.request.traits.length > 0 ? `, traits ${size.request.traits.join(", ")}` : "";
  if (fits > 0) {
    const servers = fits === 1 ? "1 server" : `${fits} servers`;
    return `The hosts at ${siteName} together have room now for ${servers} of flavor ${size.flavors.join(" or ")} (${resources.join(", ")}${traits}), and the failover brings ${size.servers}.`;
  }
  return `No host at ${siteName} has room now for even one server of flavor ${size.flavors.join(" or ")} (${resources.join(", ")}${traits}), and the failover brings ${of}.`;
}

function flavorOf({ mapping, flavors }: RoomSubject, id: string): Flavor | undefined {
  return flavors.get(mapping.find("flavor", id) ?? "");
}

function sum<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
