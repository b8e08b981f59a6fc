import { createVolume, type NewVolume, reserveVolume } from "../cinder/volume-work.ts";
import { badRequest, conflict, notFound } from "../core/api-error.ts";
import { type Call, projectOf } from "../core/call.ts";
import {
  type JsonObject,
  metadataOf,
  objectAt,
  objectsAt,
  optionalObjectAt,
  optionalTextAt,
  textAt,
  textsAt,
} from "../core/json.ts";
import type { ComputeState } from "./compute-state.ts";
import type { Disk, Nic, ServerRecord } from "./records.ts";
import { buildServer } from "./server-life.ts";

/** Finds an image; how Nova asks Glance. */
export type FindImage = (
  id: string,
) => { readonly id: string; readonly name: string; readonly minDiskGiB: number } | undefined;

/**
 * Accepts `POST /servers`; the server becomes `ACTIVE`, or `ERROR` when no host has room or the array refuses.
 * @throws ApiError 400 (references, volumes not available), 403 (quota), 409 (port in use).
 */
export function createServer(state: ComputeState, call: Call, findImage: FindImage): ServerRecord {
  const asked = objectAt(call.body, "server");
  const projectId = projectOf(call);
  const flavor = state.flavors.get(textAt(asked, "flavorRef"));
  if (!flavor) throw badRequest(`Flavor ${String(asked.flavorRef)} could not be found.`);
  const name = textAt(asked, "name").trim();
  if (name === "" || name.length > 255) throw badRequest(`Invalid input for field/attribute name. Value: ${name}.`);
  const serverGroupId = groupOf(state, call);
  const availabilityZone = zoneOf(state, asked);
  const keyName = keyOf(state, call, asked);
  const imageId = optionalTextAt(asked, "imageRef") || undefined;
  if (imageId !== undefined && !findImage(imageId)) throw badRequest(`Can not find requested image`);
  const networks = requestedNetworks(state, call, asked);
  const blockDevices = objectsAt(asked, "block_device_mapping_v2");
  if (blockDevices.length === 0 && imageId === undefined)
    throw badRequest("Block Device Mapping is Invalid: You specified no image and no block devices.");
  state.requireQuota(projectId, flavor);
  requireVolumes(state, call, blockDevices);
  const now = state.environment.now();
  const id = state.environment.uuid();
  const { disks, extraMs } = makeDisks(state, call, { serverId: id, blockDevices, findImage });
  const server: ServerRecord = {
    id,
    name,
    description: call.version >= 19 ? (optionalTextAt(asked, "description") ?? null) : name,
    projectId,
    userId: call.caller.userId,
    flavor,
    imageId,
    keyName,
    availabilityZone,
    hostname:
      (call.version >= 90 && optionalTextAt(asked, "hostname")) || name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, "-"),
    host: undefined,
    userData: userDataOf(asked),
    hasConfigDrive: /^(true|1|yes)$/i.test(String(asked.config_drive ?? "")),
    metadata: metadataOf(asked.metadata),
    tags: call.version >= 52 ? [...new Set(textsAt(asked, "tags"))] : [],
    securityGroups: securityGroupsOf(asked),
    createdAt: now,
    updatedAt: now,
    launchedAt: undefined,
    vmState: "building",
    taskState: null,
    powerState: 0,
    lockedBy: undefined,
    lockedReason: null,
    fault: undefined,
    serverGroupId,
    disks,
    nics: makeNics(state, networks, { serverId: id, projectId }),
  };
  state.servers.set(id, server);
  buildServer(state, server, extraMs);
  return server;
}

function groupOf(state: ComputeState, call: Call): string | undefined {
  const hints = {
    ...optionalObjectAt(call.body, "os:scheduler_hints"),
    ...optionalObjectAt(call.body, "OS-SCH-HNT:scheduler_hints"),
  };
  const id = optionalTextAt(hints, "group");
  if (id === undefined) return undefined;
  const group = state.serverGroups.get(id);
  if (group?.projectId !== call.caller.projectId) throw badRequest(`Instance group ${id} could not be found.`);
  return id;
}

function zoneOf(state: ComputeState, asked: JsonObject): string {
  const zone = optionalTextAt(asked, "availability_zone")?.split(":")[0];
  if (zone === undefined) return state.hosts[0]?.availabilityZone ?? "nova";
  if (!state.hosts.some((host) => host.availabilityZone === zone))
    throw badRequest("The requested availability zone is not available");
  return zone;
}

function keyOf(state: ComputeState, call: Call, asked: JsonObject): string | null {
  const name = optionalTextAt(asked, "key_name");
  if (name === undefined) return null;
  if (!state.keypairs.has(`${call.caller.userId} ${name}`)) throw badRequest("Invalid key_name provided.");
  return name;
}

function userDataOf(asked: JsonObject): string | null {
  const data = optionalTextAt(asked, "user_data") ?? null;
  if (data !== null && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(data))
    throw badRequest("Userdata content could not be base64 decoded.");
  if (data !== null && data.length > 65_535) throw badRequest("Invalid input for field/attribute user_data.");
  return data;
}

const securityGroupsOf = (asked: JsonObject) => {
  const named = objectsAt(asked, "security_groups").map((group) => String(group.name));
  return named.length > 0 ? named : ["default"];
};

type WantedNic = { readonly tag: string | null } & (
  | { readonly portId: string }
  | { readonly networkId: string; readonly address: string | undefined }
);

function requestedNetworks(state: ComputeState, call: Call, asked: JsonObject): readonly WantedNic[] {
  if (asked.networks === "none" || asked.networks === "auto") return [];
  if (asked.networks === undefined && call.version >= 37)
    throw badRequest("Invalid input for field/attribute server. 'networks' is a required property");
  return objectsAt(asked, "networks").map((each) => {
    const tag = call.version >= 42 ? (optionalTextAt(each, "tag") ?? null) : null;
    const portId = optionalTextAt(each, "port");
    if (portId === undefined) {
      const networkId = textAt(each, "uuid");
      if (!state.networks.networks.has(networkId)) throw badRequest(`Network ${networkId} could not be found.`);
      return { networkId, address: optionalTextAt(each, "fixed_ip"), tag };
    }
    const port = state.networks.ports.get(portId);
    if (!port || !(call.caller.isAdmin || port.projectId === call.caller.projectId))
      throw badRequest(`Port id ${portId} could not be found.`);
    if (port.deviceId !== "") throw conflict(`Port ${portId} is still in use.`);
    return { portId, tag };
  });
}

function makeNics(
  state: ComputeState,
  wanted: readonly WantedNic[],
  owner: { readonly serverId: string; readonly projectId: string },
): readonly Nic[] {
  return wanted.map((nic) => {
    if ("portId" in nic) {
      state.networks.take(nic.portId, owner.serverId);
      return { portId: nic.portId, tag: nic.tag, isOwned: false };
    }
    const port = state.networks.createPortFor(owner, nic.networkId, nic.address);
    return { portId: port.id, tag: nic.tag, isOwned: true };
  });
}

/** Checked before anything is reserved, so that a refusal leaves nothing behind. */
function requireVolumes(state: ComputeState, call: Call, blockDevices: readonly JsonObject[]): void {
  for (const device of blockDevices) {
    if (device.source_type !== "volume") continue;
    const id = textAt(device, "uuid");
    const volume = state.volumes.volumes.get(id);
    // An administrator may boot from the volume of another project; the server is made in his own.
    if (!volume || !(call.caller.isAdmin || volume.projectId === call.caller.projectId))
      throw badRequest(`Block Device Mapping is Invalid: failed to get volume ${id}.`);
    const isFree = volume.status === "available" || (volume.isMultiattach && volume.status === "in-use");
    if (!isFree)
      throw badRequest(
        `Invalid volume: Invalid input received: Invalid volume: Volume ${id} status must be available or downloading to reserve, but the current status is ${volume.status}. (HTTP 400) (Request-ID: req-${state.environment.uuid()})`,
      );
    if (device.boot_index === 0 && !volume.isBootable) throw badRequest(`Block Device ${id} is not bootable.`);
  }
  if (blockDevices.length > 0 && !blockDevices.some(({ boot_index }) => Number(boot_index) === 0)) {
    throw badRequest(
      "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.",
    );
  }
}

function makeDisks(
  state: ComputeState,
  call: Call,
  wanted: { readonly serverId: string; readonly blockDevices: readonly JsonObject[]; readonly findImage: FindImage },
): { readonly disks: readonly Disk[]; readonly extraMs: number } {
  let extraMs = 0;
  const ordered = [...wanted.blockDevices].filter((device) => device.destination_type !== "local");
  ordered.sort((a, b) => bootOrder(a) - bootOrder(b));
  const disks = ordered.map((device, index) => {
    const isExisting = device.source_type === "volume";
    const volume = isExisting
      ? state.volumes.requireVolume(textAt(device, "uuid"), call.caller)
      : createVolume(state.volumes, call.caller, volumeFor(state, device, wanted.findImage));
    if (!isExisting) extraMs = state.volumes.durations.createMs;
    const attachmentId = isExisting
      ? reserveVolume(state.volumes, volume, wanted.serverId).id
      : reserveLater(state, volume.id, wanted.serverId);
    const given = call.version >= 42 ? (optionalTextAt(device, "tag") ?? null) : null;
    return {
      volumeId: volume.id,
      attachmentId,
      device: `/dev/vd${String.fromCharCode(97 + index)}`,
      tag: given,
      deleteOnTermination: device.delete_on_termination === true,
      isRoot: Number(device.boot_index) === 0,
    };
  });
  return { disks, extraMs };
}

const bootOrder = (device: JsonObject) => {
  const index = Number(device.boot_index ?? -1);
  return index < 0 ? Number.POSITIVE_INFINITY : index;
};

/** A volume that Nova makes is reserved as soon as Cinder has made it, just before the build ends. */
function reserveLater(state: ComputeState, volumeId: string, serverId: string): string {
  const ms = state.volumes.durations.createMs;
  state.environment.after(ms, () => {
    const volume = state.volumes.volumes.get(volumeId);
    if (volume?.status === "available") reserveVolume(state.volumes, volume, serverId);
  });
  return state.environment.uuid();
}

function volumeFor(state: ComputeState, device: JsonObject, findImage: FindImage): NewVolume {
  const imageId = optionalTextAt(device, "uuid");
  const image = device.source_type === "image" && imageId !== undefined ? findImage(imageId) : undefined;
  if (device.source_type === "image" && !image)
    throw badRequest(`Block Device Mapping is Invalid: failed to get image ${String(imageId)}.`);
  const typeName = optionalTextAt(device, "volume_type") ?? [...state.volumes.types.keys()][0];
  if (typeName === undefined) throw notFound("Volume type __DEFAULT__ could not be found.");
  return {
    name: "",
    description: null,
    sizeGiB: Number(device.volume_size ?? 1),
    type: state.volumes.requireType(typeName),
    metadata: {},
    imageMetadata: image ? { image_id: image.id, image_name: image.name } : {},
    isBootable: image !== undefined,
    isMultiattach: false,
    availabilityZone: "nova",
  };
}
