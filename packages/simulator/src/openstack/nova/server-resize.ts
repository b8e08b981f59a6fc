import { connectVolume, releaseVolume } from "../cinder/volume-work.ts";
import { badRequest, forbidden } from "../core/api-error.ts";
import type { ComputeState } from "./compute-state.ts";
import type { ComputeHost, FlavorRecord, ServerRecord } from "./records.ts";
import { hasItsDisks, requireState } from "./server-life.ts";

/**
 * `resize` and `confirmResize`: the server moves to another host (`allow_resize_to_same_host` is off), and waits there in
 * `VERIFY_RESIZE`. Without a host that has room it stays what it was, and no call says so.
 *
 * @throws ApiError 400 for a flavor that is missing or the same; 403 over quota; 409 in another state, a shelved one too.
 */
export function resizeServer(state: ComputeState, server: ServerRecord, flavorId: string): void {
  requireState(server, "resize", ["active", "stopped"]);
  const flavor = state.flavors.get(flavorId);
  if (!flavor) throw badRequest(`Flavor ${flavorId} could not be found.`);
  if (flavor.id === server.flavor.id) throw badRequest("When resizing, instances must change flavor!");
  requireUpsizeQuota(state, server, flavor);
  server.taskState = "resize_prep";
  state.environment.after(state.durations.resizeMs, () => {
    if (state.servers.get(server.id) !== server || server.taskState !== "resize_prep") return;
    const host = state.schedule({ ...server, flavor, host: undefined }, server.host);
    if (host) move(state, server, { flavor, host });
    server.taskState = null;
    server.updatedAt = state.environment.now();
  });
}

/** @throws ApiError 400 when it is being confirmed, 409 when it was not resized. */
export function confirmResize(state: ComputeState, server: ServerRecord): void {
  requireState(server, "confirmResize", ["resized"]);
  if (server.resize === undefined || server.resize.isConfirming) throw badRequest("Instance has not been resized.");
  const { wasRunning } = server.resize;
  server.resize = { wasRunning, isConfirming: true };
  state.environment.after(state.durations.confirmResizeMs, () => {
    if (state.servers.get(server.id) !== server || server.vmState !== "resized") return;
    server.vmState = wasRunning ? "active" : "stopped";
    server.resize = undefined;
    server.updatedAt = state.environment.now();
  });
}

function requireUpsizeQuota(state: ComputeState, server: ServerRecord, flavor: FlavorRecord): void {
  const limits = state.limitsOf(server.projectId);
  const use = state.useOf(server.projectId);
  const more = { cores: flavor.vcpus - server.flavor.vcpus, ram: flavor.ramMiB - server.flavor.ramMiB };
  for (const key of ["cores", "ram"] as const) {
    if (more[key] <= 0 || limits[key] < 0 || use[key] + more[key] <= limits[key]) continue;
    throw forbidden(
      `Quota exceeded for ${key}: Requested ${more[key]}, but already used ${use[key]} of ${limits[key]} ${key}`,
    );
  }
}

function move(
  state: ComputeState,
  server: ServerRecord,
  to: { readonly flavor: FlavorRecord; readonly host: ComputeHost },
): void {
  const wasRunning = server.vmState === "active";
  const { host } = to;
  state.guests.halt(server);
  for (const disk of server.disks) {
    const volume = state.volumes.volumes.get(disk.volumeId);
    if (!volume) continue;
    releaseVolume(state.volumes, volume, { serverId: server.id, keepReservation: true });
    const at = { serverId: server.id, device: disk.device, host: host.name, arrayHost: host.arrayHost };
    connectVolume(state.volumes, volume, at);
  }
  for (const nic of server.nics)
    state.networks.bind(nic.portId, { serverId: server.id, host: host.name, zone: server.availabilityZone });
  server.host = host;
  server.flavor = to.flavor;
  server.vmState = "resized";
  server.resize = { wasRunning, isConfirming: false };
  if (!wasRunning || !hasItsDisks(state, server)) return;
  server.powerState = 1;
  state.guests.boot(server);
}
