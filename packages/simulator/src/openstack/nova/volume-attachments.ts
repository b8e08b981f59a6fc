import type { Router } from "../../http/router.ts";
import type { VolumeRecord } from "../cinder/records.ts";
import { attachWithoutHost, connectVolume, deleteVolume, releaseVolume, reserveVolume } from "../cinder/volume-work.ts";
import { badRequest, notFound } from "../core/api-error.ts";
import { accepted, type Call, ok } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import type { ComputeState } from "./compute-state.ts";
import type { Disk, ServerRecord } from "./records.ts";
import { requireState, requireUnlocked } from "./server-life.ts";

/** `/servers/{id}/os-volume_attachments`. */
export function routeVolumeAttachments(router: Router<Call>, state: ComputeState): void {
  const path = "/servers/:id/os-volume_attachments";
  router
    .on("GET", path, (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      return ok({ volumeAttachments: server.disks.map((disk) => attachmentView(server, disk, call)) });
    })
    .on("GET", `${path}/:volume`, (call, { id = "", volume = "" }) => {
      const server = state.requireServer(id, call.caller);
      return ok({ volumeAttachment: attachmentView(server, requireDisk(server, volume), call) });
    })
    .on("POST", path, (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      const disk = attach(state, server, call);
      // This answer keeps the fields of old versions, and knows no device before a host has the server.
      const { device, ...view } = attachmentView(server, disk, { ...call, version: Math.min(call.version, 88) });
      return ok({ volumeAttachment: { ...view, device: server.host ? device : null } });
    })
    .on("PUT", `${path}/:volume`, (call, { id = "", volume = "" }) => {
      const disk = state.requireServer(id, call.caller).disks.find(({ volumeId }) => volumeId === volume);
      if (!disk) throw notFound(`No volume Block Device Mapping with id ${volume}.`);
      const asked = objectAt(call.body, "volumeAttachment");
      if (textAt(asked, "volumeId") !== volume) throw badRequest("The simulator exchanges no volumes.");
      if (call.version < 85)
        throw badRequest(
          "Invalid input for field/attribute volumeAttachment. Additional properties are not allowed ('delete_on_termination' was unexpected)",
        );
      disk.deleteOnTermination = asked.delete_on_termination === true;
      return accepted();
    })
    .on("DELETE", `${path}/:volume`, (call, { id = "", volume = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      detach(state, server, requireDisk(server, volume));
      return accepted();
    });
}

function requireDisk(server: ServerRecord, volumeId: string): Disk {
  const disk = server.disks.find((each) => each.volumeId === volumeId);
  if (!disk) throw notFound(`Instance ${server.id} is not attached to volume ${volumeId}`);
  return disk;
}

function attach(state: ComputeState, server: ServerRecord, call: Call): Disk {
  requireState(server, "attach_volume", ["active", "stopped", "shelved_offloaded"]);
  const asked = objectAt(call.body, "volumeAttachment");
  const volumeId = textAt(asked, "volumeId");
  const volume = state.volumes.volumes.get(volumeId);
  if (!volume || !(call.caller.isAdmin || volume.projectId === call.caller.projectId))
    throw notFound(`Volume ${volumeId} could not be found.`);
  if (server.disks.some((disk) => disk.volumeId === volumeId)) {
    throw badRequest(`Invalid volume: volume ${volumeId} is already attached to instances: ${server.id}`);
  }
  const reserve = server.host ? reserveVolume : attachWithoutHost;
  const { id: attachmentId } = reserve(state.volumes, volume, server.id);
  const taken = new Set(server.disks.map(({ device }) => device));
  const device =
    [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => `/dev/vd${letter}`).find((each) => !taken.has(each)) ??
    "/dev/vdz";
  const disk = {
    volumeId,
    attachmentId,
    device,
    tag: call.version >= 49 ? (optionalTextAt(asked, "tag") ?? null) : null,
    deleteOnTermination: call.version >= 79 && asked.delete_on_termination === true,
    isRoot: false,
  };
  server.disks = [...server.disks, disk];
  state.environment.after(state.durations.attachMs, () => {
    const { host } = server;
    if (!host || !state.servers.has(server.id)) return;
    try {
      connectVolume(state.volumes, volume, { serverId: server.id, device, host: host.name, arrayHost: host.arrayHost });
      state.guests.disksChanged(server);
    } catch {
      server.disks = server.disks.filter((other) => other !== disk);
      releaseVolume(state.volumes, volume, { serverId: server.id, keepReservation: false });
    }
  });
  return disk;
}

function detach(state: ComputeState, server: ServerRecord, disk: Disk): void {
  requireState(server, "detach_volume", ["active", "stopped", "shelved_offloaded"]);
  if (disk.isRoot) throw badRequest("Cannot detach a root device volume");
  const volume = state.volumes.volumes.get(disk.volumeId);
  if (!volume) throw notFound(`Volume ${disk.volumeId} could not be found.`);
  if (volume.status === "detaching")
    throw badRequest(
      `Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach. (HTTP 400)`,
    );
  if (!server.host) {
    detachShelved(state, server, { disk, volume });
    return;
  }
  volume.status = "detaching";
  state.environment.after(state.durations.detachMs, () => {
    try {
      releaseVolume(state.volumes, volume, { serverId: server.id, keepReservation: false });
    } catch {
      volume.status = "in-use";
      return;
    }
    state.guests.disksChanged(server);
    state.environment.after(state.durations.detachLagMs, () => {
      server.disks = server.disks.filter((other) => other !== disk);
    });
  });
}

/** Without a host Nova's API cleans up by itself as if the server were deleted: the volume may go, too. */
function detachShelved(
  state: ComputeState,
  server: ServerRecord,
  { disk, volume }: { readonly disk: Disk; readonly volume: VolumeRecord },
): void {
  releaseVolume(state.volumes, volume, { serverId: server.id, keepReservation: false });
  server.disks = server.disks.filter((other) => other !== disk);
  if (disk.deleteOnTermination) deleteVolume(state.volumes, volume);
}

const attachmentView = (server: ServerRecord, disk: Disk, call: Call) => ({
  ...(call.version < 89 && { id: disk.volumeId }),
  serverId: server.id,
  volumeId: disk.volumeId,
  device: disk.device,
  ...(call.version >= 70 && { tag: disk.tag }),
  ...(call.version >= 79 && { delete_on_termination: disk.deleteOnTermination }),
  ...(call.version >= 89 && { attachment_id: disk.attachmentId, bdm_uuid: disk.attachmentId }),
});
