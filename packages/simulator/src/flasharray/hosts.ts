import type { ArrayState } from "./array-state.ts";
import { ArrayError } from "./block-array.ts";
import { partnersOf } from "./connections.ts";
import type { StoredHost, StoredVolume } from "./objects.ts";
import { requireServing } from "./pod-rules.ts";
import { requireName } from "./volumes.ts";

/** Names by which a host logs in: iSCSI, Fibre Channel, NVMe. */
export interface HostInitiators {
  readonly iqns?: readonly string[];
  readonly wwns?: readonly string[];
  readonly nqns?: readonly string[];
}

/** @throws ArrayError when the name or an initiator is taken. */
export function createHost(state: ArrayState, name: string, initiators: HostInitiators = {}): void {
  requireName(name);
  if (state.hosts.has(name.toLowerCase())) throw new ArrayError(name, "Host already exists.");
  requireUnused(state, initiators, undefined);
  state.hosts.set(name.toLowerCase(), {
    id: state.random.uuid(),
    name,
    iqns: [...(initiators.iqns ?? [])],
    wwns: [...(initiators.wwns ?? [])],
    nqns: [...(initiators.nqns ?? [])],
    personality: undefined,
    chapUser: undefined,
  });
}

/** Replaces what is given. @throws ArrayError when another host has one of the initiators. */
export function setInitiators(state: ArrayState, name: string, initiators: HostInitiators): void {
  const host = requireHost(state, name);
  requireUnused(state, initiators, host);
  host.iqns = initiators.iqns ?? host.iqns;
  host.wwns = initiators.wwns ?? host.wwns;
  host.nqns = initiators.nqns ?? host.nqns;
}

function requireUnused(state: ArrayState, initiators: HostInitiators, owner: StoredHost | undefined): void {
  const wanted = [...(initiators.iqns ?? []), ...(initiators.wwns ?? []), ...(initiators.nqns ?? [])];
  for (const host of state.hosts.values()) {
    if (host === owner) continue;
    const taken = [...host.iqns, ...host.wwns, ...host.nqns].find((initiator) => wanted.includes(initiator));
    if (taken !== undefined) throw new ArrayError(taken, "The specified initiator is already in use.");
  }
}

export function deleteHost(state: ArrayState, name: string): void {
  const host = hostName(state, name);
  for (const hosts of state.connections.values()) {
    if (hosts.has(host)) throw new ArrayError(name, "Host cannot be deleted due to existing connections.");
  }
  state.hosts.delete(name.toLowerCase());
}

/** Connects a volume to a host at the lowest free LUN, or at `lun`. */
export function connectVolume(state: ArrayState, volumeName: string, host: string, lun?: number): StoredVolume {
  requireServing(state, volumeName);
  const volume = state.volumes.live(volumeName);
  const name = hostName(state, host);
  if (lunOf(state, volume, name) !== undefined) throw new ArrayError(volume.name, "Connection already exists.");
  const used = new Set<number>();
  for (const hosts of state.connections.values()) {
    const taken = hosts.get(name);
    if (taken !== undefined) used.add(taken);
  }
  if (lun !== undefined && used.has(lun)) throw new ArrayError(volume.name, "LUN is already in use.");
  let free = 1;
  while (used.has(free)) free += 1;
  const hosts = state.connections.get(volume.id) ?? new Map<string, number>();
  state.connections.set(volume.id, hosts.set(name, lun ?? free));
  return volume;
}

/** LUN of a volume at a host of this array; undefined when it is not connected. @param host its exact name. */
export function lunOf(state: ArrayState, volume: StoredVolume, host: string): number | undefined {
  return state.connections.get(volume.id)?.get(host);
}

/** Ends a connection, also one of the pod's other array, by `ARRAY:HOST`. */
export function disconnectVolume(state: ArrayState, volumeName: string, host: string): void {
  const volume = state.volumes.any(volumeName);
  const [place, name] = placeOf(state, volume, host);
  const hosts = place.connections.get(volume.id);
  if (!hosts?.delete(name)) throw new ArrayError(volume.name, "Connection does not exist.");
  if (hosts.size === 0) place.connections.delete(volume.id);
}

function placeOf(state: ArrayState, volume: StoredVolume, host: string): readonly [ArrayState, string] {
  const [array, remote] = host.split(":");
  const other = partnersOf(state, volume.name).find((each) => each.name.toLowerCase() === array?.toLowerCase());
  return other && remote !== undefined ? [other, hostName(other, remote)] : [state, hostName(state, host)];
}

function hostName(state: ArrayState, name: string): string {
  return requireHost(state, name).name;
}

/** @throws ArrayError when there is no such host. */
export function requireHost(state: ArrayState, name: string): StoredHost {
  const host = state.hosts.get(name.toLowerCase());
  if (!host) throw new ArrayError(name, "Host does not exist.");
  return host;
}
