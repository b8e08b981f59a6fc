import type { Router } from "../../http/router.ts";
import { badRequest, policyForbids } from "../core/api-error.ts";
import { ACCEPTED_WITHOUT_BODY, accepted, type Call, ok, requireAdmin } from "../core/call.ts";
import { type JsonObject, metadataOf, objectAt, optionalObjectAt, textAt } from "../core/json.ts";
import { currentArray } from "./pure-driver.ts";
import type { VolumeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";
import { REPLICATION_GROUP } from "./volume-state.ts";
import { extendVolume, unmanageVolume } from "./volume-work.ts";

/** Answers of actions that give nothing back. */
const EMPTY_JSON = { "content-type": "application/json" };

/** `POST /volumes/{id}/action`. */
export function routeVolumeActions(router: Router<Call>, state: VolumeState): void {
  router.on("POST", "/volumes/:id/action", (call, { id = "" }) => {
    const [action = ""] = Object.keys(call.body);
    const volume = state.requireVolume(id, call.caller);
    const given = optionalObjectAt(call.body, action);
    volume.updatedAt = state.environment.now();
    switch (action) {
      case "os-set_bootable":
        volume.isBootable = booleanOf(given.bootable, "bootable");
        return { status: 200, headers: EMPTY_JSON };
      case "os-set_image_metadata":
        volume.imageMetadata = { ...volume.imageMetadata, ...metadataOf(objectAt(given, "metadata")) };
        return ok({ metadata: volume.imageMetadata });
      case "os-show_image_metadata":
        return ok({ metadata: volume.imageMetadata });
      case "os-extend":
        extendVolume(state, volume, { sizeGiB: Number(given.new_size), isInUseAllowed: call.version >= 42 });
        return { status: 202, headers: EMPTY_JSON };
      case "os-unmanage":
        if (!call.caller.isAdmin && !state.memberMayManage) throw policyForbids("volume_extension:volume_unmanage");
        unmanageVolume(state, volume);
        return ACCEPTED_WITHOUT_BODY;
      case "os-reset_status":
        requireAdmin(call, "volume_extension:volume_admin_actions:reset_status");
        resetStatus(volume, given);
        return { status: 202, headers: EMPTY_JSON };
      case "os-retype":
        retype(state, volume, textAt(given, "new_type"));
        return accepted();
      default:
        throw badRequest(`There is no such action: ${action}`);
    }
  });
}

function booleanOf(value: unknown, key: string): boolean {
  if (/^(true|1|yes|on)$/i.test(String(value))) return true;
  if (/^(false|0|no|off)$/i.test(String(value))) return false;
  throw badRequest(`Invalid value for '${key}': '${String(value)}'`);
}

function resetStatus(volume: VolumeRecord, given: JsonObject): void {
  if (typeof given.status === "string") volume.status = given.status;
  if (given.attach_status === "detached") volume.attachments = [];
}

function retype(state: VolumeState, volume: VolumeRecord, wanted: string): void {
  const type = state.requireType(wanted);
  if (!["available", "in-use"].includes(volume.status) || volume.groupId !== undefined) {
    throw badRequest(
      `Invalid volume: Retype needs volume to be in available or in-use state, not be part of an active migration or a consistency group, requested type has to be different that the one from the volume, and for in-use volumes front-end qos specs cannot change.`,
    );
  }
  const array = currentArray(volume.backend);
  const before = state.replicationOf(volume.typeId);
  const after = state.replicationOf(type.id);
  // Into and out of a stretched pod only a migration leads; without leave for one Cinder notes that in its log alone.
  if (before !== after && [before, after].includes("sync")) return;
  volume.typeId = type.id;
  if (before !== "async" && after === "async") {
    array.ensureGroup(REPLICATION_GROUP);
    array.addToGroup(REPLICATION_GROUP, volume.providerId ?? "");
  }
  if (before === "async" && after !== "async") array.removeFromGroup(REPLICATION_GROUP, volume.providerId ?? "");
  volume.replicationStatus = after === "none" ? "disabled" : "enabled";
}
