import type { VolumeState } from "../cinder/volume-state.ts";
import { forbidden, notFound } from "../core/api-error.ts";
import type { Caller } from "../core/call.ts";
import type { Environment } from "../core/environment.ts";
import type { NetworkState } from "../neutron/network-state.ts";
import { type HostUse, hasRoom, hasTraits, NO_USE, needOf, traitsOf } from "./host-room.ts";
import type {
  ComputeDurations,
  ComputeHost,
  ComputeLimits,
  FlavorRecord,
  GuestPower,
  KeypairRecord,
  ServerGroupRecord,
  ServerRecord,
} from "./records.ts";

export interface ComputeStateOptions {
  readonly environment: Environment;
  readonly volumes: VolumeState;
  readonly networks: NetworkState;
  readonly guests: GuestPower;
  readonly hosts: readonly ComputeHost[];
  readonly durations: ComputeDurations;
}

/** Everything one Nova knows. */
export class ComputeState {
  readonly environment: Environment;
  readonly volumes: VolumeState;
  readonly networks: NetworkState;
  readonly guests: GuestPower;
  readonly hosts: ComputeHost[];
  readonly servers = new Map<string, ServerRecord>();
  readonly flavors = new Map<string, FlavorRecord>();
  /** By `user name`. */
  readonly keypairs = new Map<string, KeypairRecord>();
  readonly serverGroups = new Map<string, ServerGroupRecord>();
  readonly limits = new Map<string, ComputeLimits>();
  durations: ComputeDurations;

  constructor(options: ComputeStateOptions) {
    this.environment = options.environment;
    this.volumes = options.volumes;
    this.networks = options.networks;
    this.guests = options.guests;
    this.hosts = [...options.hosts];
    this.durations = options.durations;
  }

  /** @throws ApiError 404 when there is none that the caller may see. */
  requireServer(id: string, caller: Caller): ServerRecord {
    const server = this.servers.get(id);
    if (!server || !(caller.isAdmin || caller.projectId === server.projectId)) {
      throw notFound(`Instance ${id} could not be found.`);
    }
    return server;
  }

  membersOf(group: ServerGroupRecord): readonly ServerRecord[] {
    return [...this.servers.values()].filter(({ serverGroupId }) => serverGroupId === group.id);
  }

  limitsOf(projectId: string): ComputeLimits {
    let limits = this.limits.get(projectId);
    if (!limits) {
      limits = {
        instances: 10_000,
        cores: 100_000,
        ram: 512_000_000,
        server_groups: 1_000,
        server_group_members: 1_000,
        key_pairs: 100,
      };
      this.limits.set(projectId, limits);
    }
    return limits;
  }

  /** Use of one project in the keys of quota sets. */
  useOf(projectId: string): Readonly<Record<keyof ComputeLimits, number>> {
    const own = [...this.servers.values()].filter((server) => server.projectId === projectId);
    return {
      instances: own.length,
      cores: own.reduce((sum, { flavor }) => sum + flavor.vcpus, 0),
      ram: own.reduce((sum, { flavor }) => sum + flavor.ramMiB, 0),
      server_groups: this.serverGroups
        .values()
        .filter((group) => group.projectId === projectId)
        .toArray().length,
      server_group_members: 0,
      key_pairs: 0,
    };
  }

  /** @throws ApiError 403 when one more server of `flavor` exceeds a limit. */
  requireQuota(projectId: string, flavor: FlavorRecord): void {
    const limits = this.limitsOf(projectId);
    const use = this.useOf(projectId);
    const wanted = { instances: 1, cores: flavor.vcpus, ram: flavor.ramMiB };
    for (const key of ["instances", "cores", "ram"] as const) {
      if (limits[key] < 0 || use[key] + wanted[key] <= limits[key]) continue;
      throw forbidden(
        `Quota exceeded for ${key}: Requested ${wanted[key]}, but already used ${use[key]} of ${limits[key]} ${key}`,
      );
    }
  }

  /** A host with room for the server, by zone and server group; undefined = "No valid host was found". */
  schedule(server: ServerRecord, besides?: ComputeHost): ComputeHost | undefined {
    const group = server.serverGroupId === undefined ? undefined : this.serverGroups.get(server.serverGroupId);
    const peers = group ? this.membersOf(group).filter(({ id, host }) => id !== server.id && host) : [];
    const use = this.#useOfHosts();
    const fitting = this.hosts.filter((host) => {
      if (host === besides) return false;
      const isPeerHost = peers.some((peer) => peer.host === host);
      if (group?.policy === "anti-affinity" && isPeerHost) return false;
      if (group?.policy === "affinity" && peers.length > 0 && !isPeerHost) return false;
      const isAllowed = host.availabilityZone === server.availabilityZone && hasTraits(host, traitsOf(server.flavor));
      return isAllowed && hasRoom(host, use.get(host) ?? NO_USE, needOf(server));
    });
    const load = (host: ComputeHost) => (use.get(host)?.ramMiB ?? 0) / host.ramMiB;
    return fitting.sort((a, b) => load(a) - load(b))[0];
  }

  usedOn(host: ComputeHost): HostUse {
    return this.#useOfHosts().get(host) ?? NO_USE;
  }

  /** One pass over the servers, however many hosts there are. */
  #useOfHosts(): ReadonlyMap<ComputeHost, HostUse> {
    const use = new Map<ComputeHost, HostUse>();
    for (const server of this.servers.values()) {
      if (!server.host) continue;
      const before = use.get(server.host) ?? NO_USE;
      const need = needOf(server);
      use.set(server.host, {
        vcpus: before.vcpus + need.vcpus,
        ramMiB: before.ramMiB + need.ramMiB,
        diskGiB: before.diskGiB + need.diskGiB,
      });
    }
    return use;
  }
}
