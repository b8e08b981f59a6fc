import { pathsOf } from "../cinder/pure-driver.ts";
import { connectVolume, deleteVolume, releaseVolume } from "../cinder/volume-work.ts";
import { conflict } from "../core/api-error.ts";
import type { Caller } from "../core/call.ts";
import type { ComputeState } from "./compute-state.ts";
import type { ServerRecord, VmState } from "./records.ts";

/**
 * Background work of nova-compute. What each action needs and where it leads:
 *
 * | action | from | on the way | to |
 * |---|---|---|---|
 * | build | building | scheduling | active, or error |
 * | stop | active, error | powering-off | stopped (volumes stay connected) |
 * | start | stopped | powering-on | active |
 * | reboot | active (hard: also stopped, error) | rebooting | active |
 * | shelve | active, stopped | shelving | shelved_offloaded (connections end, volumes stay reserved) |
 * | unshelve | shelved_offloaded | spawning | active |
 * | resize | active, stopped | resize_prep | resized (on another host), then by `confirmResize` active or stopped |
 * | delete | any | deleting | gone |
 */
interface Transition {
  readonly action: string;
  readonly from: readonly VmState[];
  readonly task: string;
  readonly ms: number;
  readonly work: () => void;
}

/** @throws ApiError 409 when the server is locked and the caller is no administrator. */
export function requireUnlocked(server: ServerRecord, caller: Caller): void {
  if (server.lockedBy !== undefined && !caller.isAdmin) throw conflict(`Instance ${server.id} is locked`);
}

/** @throws ApiError 409 when the server is in another state or busy. */
export function requireState(server: ServerRecord, action: string, from: readonly VmState[]): void {
  if (!from.includes(server.vmState)) {
    throw conflict(`Cannot '${action}' instance ${server.id} while it is in vm_state ${server.vmState}`);
  }
  if (server.taskState !== null) {
    throw conflict(`Cannot '${action}' instance ${server.id} while it is in task_state ${server.taskState}`);
  }
}

/** @throws ApiError 409 when the server is on no host: it was never built, or is shelved. */
export function requireHost(server: ServerRecord): void {
  if (!server.host) throw conflict(`Instance ${server.id} is not ready`);
}

function begin(state: ComputeState, server: ServerRecord, transition: Transition): void {
  requireState(server, transition.action, transition.from);
  server.taskState = transition.task;
  server.updatedAt = state.environment.now();
  state.environment.after(transition.ms, () => {
    if (state.servers.get(server.id) !== server || server.taskState !== transition.task) return;
    try {
      transition.work();
    } catch (error) {
      fail(state, server, error instanceof Error ? error.message : String(error));
    }
    server.taskState = null;
    server.updatedAt = state.environment.now();
  });
}

function fail(state: ComputeState, server: ServerRecord, message: string): void {
  state.guests.halt(server);
  server.vmState = "error";
  server.powerState = 0;
  server.fault = { code: 500, message, at: state.environment.now() };
}

/** Builds an accepted server. */
export function buildServer(state: ComputeState, server: ServerRecord, extraMs: number): void {
  const ms = state.durations.buildMs + extraMs;
  begin(state, server, { action: "build", from: ["building"], task: "spawning", ms, work: () => place(state, server) });
}

export function stopServer(state: ComputeState, server: ServerRecord): void {
  const work = () => powerOff(state, server);
  begin(state, server, {
    action: "stop",
    from: ["active", "error"],
    task: "powering-off",
    ms: state.durations.stopMs,
    work,
  });
}

export function startServer(state: ComputeState, server: ServerRecord): void {
  requireHost(server);
  const work = () => {
    // The hypervisor logs in to the array again: without the connection the server stays off.
    if (hasItsDisks(state, server)) powerOn(state, server);
  };
  begin(state, server, { action: "start", from: ["stopped"], task: "powering-on", ms: state.durations.startMs, work });
}

export function rebootServer(state: ComputeState, server: ServerRecord, isHard: boolean): void {
  const work = () => {
    state.guests.halt(server);
    if (!hasItsDisks(state, server)) throw new Error("The volumes of the instance cannot be reached");
    powerOn(state, server);
  };
  const from: readonly VmState[] = isHard ? ["active", "stopped", "error"] : ["active"];
  begin(state, server, {
    action: "reboot",
    from,
    task: isHard ? "rebooting_hard" : "rebooting",
    ms: state.durations.rebootMs,
    work,
  });
}

export function shelveServer(state: ComputeState, server: ServerRecord): void {
  const work = () => {
    state.guests.halt(server);
    for (const disk of server.disks) {
      const volume = state.volumes.volumes.get(disk.volumeId);
      if (volume) releaseVolume(state.volumes, volume, { serverId: server.id, keepReservation: true });
    }
    server.host = undefined;
    server.vmState = "shelved_offloaded";
    server.powerState = 4;
  };
  begin(state, server, {
    action: "shelve",
    from: ["active", "stopped"],
    task: "shelving",
    ms: state.durations.shelveMs,
    work,
  });
}

export function unshelveServer(state: ComputeState, server: ServerRecord): void {
  const work = () => {
    // Without room the server stays shelved, as Nova leaves it.
    if (state.schedule(server)) place(state, server);
  };
  begin(state, server, {
    action: "unshelve",
    from: ["shelved_offloaded"],
    task: "spawning",
    ms: state.durations.unshelveMs,
    work,
  });
}

export function deleteServer(state: ComputeState, server: ServerRecord): void {
  if (server.taskState === "deleting") return;
  server.taskState = "deleting";
  state.environment.after(state.durations.deleteMs, () => {
    try {
      remove(state, server);
    } catch (error) {
      fail(state, server, error instanceof Error ? error.message : String(error));
      server.taskState = null;
    }
  });
}

/** The array still has the host connected to every disk of the server. */
export function hasItsDisks(state: ComputeState, server: ServerRecord): boolean {
  return server.disks.every(({ volumeId }) => {
    const volume = state.volumes.volumes.get(volumeId);
    const host = volume?.attachments.find(({ serverId }) => serverId === server.id)?.arrayHost;
    const name = volume?.providerId;
    if (!volume || name === undefined || host === undefined) return false;
    return pathsOf(volume).some((array) => array.isUp && array.findVolume(name)?.hosts.includes(host) === true);
  });
}

function place(state: ComputeState, server: ServerRecord): void {
  const host = state.schedule(server);
  if (!host) throw new Error("No valid host was found. ");
  server.host = host;
  for (const disk of server.disks) {
    const volume = state.volumes.volumes.get(disk.volumeId);
    if (!volume?.providerId || !["reserved", "in-use"].includes(volume.status)) {
      throw new Error(`Build of instance ${server.id} aborted: Volume ${disk.volumeId} is not ready`);
    }
    const at = { serverId: server.id, device: disk.device, host: host.name, arrayHost: host.arrayHost };
    connectVolume(state.volumes, volume, at);
  }
  for (const nic of server.nics)
    state.networks.bind(nic.portId, { serverId: server.id, host: host.name, zone: server.availabilityZone });
  server.launchedAt = state.environment.now();
  powerOn(state, server);
}

function powerOn(state: ComputeState, server: ServerRecord): void {
  server.vmState = "active";
  server.powerState = 1;
  state.guests.boot(server);
}

function powerOff(state: ComputeState, server: ServerRecord): void {
  state.guests.halt(server);
  server.vmState = "stopped";
  server.powerState = 4;
}

function remove(state: ComputeState, server: ServerRecord): void {
  state.guests.halt(server);
  for (const disk of server.disks) {
    const volume = state.volumes.volumes.get(disk.volumeId);
    if (!volume) continue;
    releaseVolume(state.volumes, volume, { serverId: server.id, keepReservation: false });
    if (disk.deleteOnTermination && volume.groupId === undefined && volume.status === "available")
      deleteVolume(state.volumes, volume);
  }
  // Nova asks Neutron for the ports of the server: one that was given to another is not among them.
  for (const nic of server.nics)
    if (state.networks.ports.get(nic.portId)?.deviceId === server.id) state.networks.release(nic.portId, nic.isOwned);
  state.servers.delete(server.id);
}
