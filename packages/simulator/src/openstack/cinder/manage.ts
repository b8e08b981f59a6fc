import type { Router } from "../../http/router.ts";
import { badRequest, notFound, policyForbids } from "../core/api-error.ts";
import { accepted, type Call, ok, projectOf, requireAdmin } from "../core/call.ts";
import { metadataOf, objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { manageOnArray, sizeOnArray } from "./pure-driver.ts";
import type { Backend, VolumeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";
import { volumeView } from "./volume-view.ts";
import { later, newRecord } from "./volume-work.ts";

/** `os-volume-manage` and `manageable_volumes`: taking array volumes into Cinder. */
export function routeManage(router: Router<Call>, state: VolumeState, origin: string): void {
  // The answer has the fields of the oldest version and none of the extensions'.
  const manage = (call: Call) => {
    const volume = manageVolume(state, call);
    const caller = { ...call.caller, isAdmin: false };
    const view = volumeView(state, volume, { call: { ...call, version: 0, caller }, origin });
    const { "os-vol-tenant-attr:tenant_id": _project, ...fields } = view;
    return accepted({ volume: { ...fields, status: "creating", updated_at: null } });
  };
  const list = (call: Call) => {
    requireAdmin(call, "volume_extension:list_manageable");
    backendOf(state, call.query.get("host") ?? "");
    return ok({ "manageable-volumes": [] });
  };
  router
    .on("POST", "/os-volume-manage", manage)
    .on("POST", "/manageable_volumes", (call) => manage(requireNewer(call)))
    .on("GET", "/os-volume-manage", list)
    .on("GET", "/manageable_volumes", (call) => list(requireNewer(call)));
}

function requireNewer(call: Call): Call {
  if (call.version < 8) throw notFound("The resource could not be found.");
  return call;
}

function manageVolume(state: VolumeState, call: Call): VolumeRecord {
  if (!call.caller.isAdmin && !state.memberMayManage) throw policyForbids("volume_extension:volume_manage");
  projectOf(call);
  const asked = objectAt(call.body, "volume");
  const backend = backendOf(state, textAt(asked, "host"));
  const ref = objectAt(asked, "ref");
  const typeName = optionalTextAt(asked, "volume_type");
  const type = requireType(state, typeName ?? [...state.types.keys()][0] ?? "__DEFAULT__");
  // The number is counted at once, the size when the array has told it.
  state.requireQuota(projectOf(call), { volumes: 1, gigabytes: 0, type: type.name });
  const volume = newRecord(state, call.caller, {
    name: optionalTextAt(asked, "name") ?? "",
    description: optionalTextAt(asked, "description") ?? null,
    sizeGiB: 0,
    type,
    metadata: metadataOf(asked.metadata),
    imageMetadata: {},
    isBootable: asked.bootable === true,
    isMultiattach: false,
    availabilityZone: optionalTextAt(asked, "availability_zone") ?? "nova",
  });
  volume.backend = backend;
  volume.isManaged = true;
  volume.status = "managing";
  state.volumes.set(volume.id, volume);
  const reference = optionalTextAt(ref, "source-name") ?? optionalTextAt(ref, "name");
  later(state, volume, {
    ms: state.durations.manageMs,
    failed: "error",
    work: () => finishManage(state, volume, reference ?? ""),
  });
  return volume;
}

/** Runs in cinder-volume: nothing of what fails here reaches the caller but the volume's status. */
function finishManage(state: VolumeState, volume: VolumeRecord, reference: string): void {
  const sizeGiB = sizeOnArray(volume.backend, reference);
  const type = state.types.get(volume.typeId)?.name ?? "";
  if (sizeGiB !== undefined) {
    try {
      state.requireQuota(volume.projectId, { volumes: 0, gigabytes: sizeGiB, type });
    } catch {
      volume.status = "error_managing";
      return;
    }
    volume.sizeGiB = sizeGiB;
  }
  manageOnArray(state, volume, reference);
  volume.status = "available";
}

function backendOf(state: VolumeState, host: string): Backend {
  const backend = state.backends.find((each) => host === each.host || host === `${each.host}#${each.pool}`);
  if (!backend) throw badRequest(`Host '${host}' not found`);
  return backend;
}

function requireType(state: VolumeState, name: string) {
  const type = state.types.get(name) ?? state.types.values().find((each) => each.name === name);
  if (!type) throw badRequest(`Invalid volume type: Cannot find requested '${name}' volume type`);
  return type;
}
