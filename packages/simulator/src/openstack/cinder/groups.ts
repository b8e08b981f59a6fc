import type { Router } from "../../http/router.ts";
import { badRequest, notFound } from "../core/api-error.ts";
import { ACCEPTED_WITHOUT_BODY, accepted, type Call, isTrue, ok, projectOf, requireAdmin } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt, textsAt } from "../core/json.ts";
import { microsecondsTime } from "../core/times.ts";
import { arrayGroupName, currentArray, updateGroupOnArray } from "./pure-driver.ts";
import type { GroupRecord, VolumeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";
import { deleteVolume } from "./volume-work.ts";

/** Generic volume groups (3.13): consistent ones are groups on the array. */
export function routeGroups(router: Router<Call>, state: VolumeState): void {
  const list = (call: Call, isDetailed: boolean) => {
    const sees = call.caller.isAdmin && isTrue(call.query.get("all_tenants"));
    const groups = [...state.groups.values()].filter(
      (group) =>
        (sees || group.projectId === call.caller.projectId) && (call.query.get("name") ?? group.name) === group.name,
    );
    return ok({
      groups: groups.map((group) => (isDetailed ? groupView(state, group, call) : { id: group.id, name: group.name })),
    });
  };
  router
    .on("GET", "/groups", (call) => list(requireVersion(call), false))
    .on("GET", "/groups/detail", (call) => list(requireVersion(call), true))
    .on("POST", "/groups", (call) => {
      const group = createGroup(state, requireVersion(call));
      return accepted({ group: { id: group.id, name: group.name } });
    })
    .on("GET", "/groups/:id", (call, { id = "" }) =>
      ok({ group: groupView(state, requireGroup(state, call, id), call) }),
    )
    .on("PUT", "/groups/:id", (call, { id = "" }) => {
      updateGroup(state, requireGroup(state, call, id), call);
      return ACCEPTED_WITHOUT_BODY;
    })
    .on("POST", "/groups/:id/action", (call, { id = "" }) => {
      act(state, requireGroup(state, call, id), call);
      return ACCEPTED_WITHOUT_BODY;
    });
}

function requireVersion(call: Call): Call {
  if (call.version < 13) throw notFound("The resource could not be found.");
  return call;
}

function requireGroup(state: VolumeState, call: Call, id: string): GroupRecord {
  const group = state.groups.get(id);
  const isSeen = group && (call.caller.isAdmin || group.projectId === call.caller.projectId);
  if (!isSeen || call.version < 13) throw notFound(`Group ${id} could not be found.`);
  return group;
}

const isConsistent = (state: VolumeState, group: GroupRecord) =>
  /^<is> true$/i.test(state.groupTypes.get(group.groupTypeId)?.specs.consistent_group_snapshot_enabled ?? "");

const volumesOf = (state: VolumeState, group: GroupRecord) =>
  [...state.volumes.values()].filter(({ groupId }) => groupId === group.id);

function createGroup(state: VolumeState, call: Call): GroupRecord {
  const asked = objectAt(call.body, "group");
  const typeId = textAt(asked, "group_type");
  const type = state.groupTypes.get(typeId) ?? state.groupTypes.values().find(({ name }) => name === typeId);
  if (!type) throw notFound(`Group type ${typeId} could not be found.`);
  const volumeTypes = textsAt(asked, "volume_types").map((each) => state.requireType(each));
  const [first] = volumeTypes;
  if (!first) throw badRequest("volume_types must be provided to create group.");
  const group: GroupRecord = {
    id: state.environment.uuid(),
    name: optionalTextAt(asked, "name") ?? "",
    description: optionalTextAt(asked, "description") ?? null,
    status: "creating",
    projectId: projectOf(call),
    groupTypeId: type.id,
    volumeTypeIds: volumeTypes.map(({ id }) => id),
    availabilityZone: optionalTextAt(asked, "availability_zone") ?? "nova",
    backend: state.backendFor(first),
    createdAt: state.environment.now(),
  };
  state.groups.set(group.id, group);
  state.environment.after(state.durations.groupMs, () => {
    try {
      // The scheduler looks for one backend that fits every type.
      if (volumeTypes.some((type) => state.backendFor(type) !== group.backend)) throw new Error("No valid backend");
      if (isConsistent(state, group)) currentArray(group.backend).ensureGroup(arrayGroupName(state, group));
      group.status = "available";
    } catch {
      group.status = "error";
    }
  });
  return group;
}

function updateGroup(state: VolumeState, group: GroupRecord, call: Call): void {
  const asked = objectAt(call.body, "group");
  if (group.status !== "available")
    throw badRequest(
      `Invalid group: Group ${group.id} status must be available, but current status is: ${group.status}.`,
    );
  const idsAt = (key: string) =>
    (optionalTextAt(asked, key) ?? "")
      .split(",")
      .map((id) => id.trim())
      .filter((id) => id !== "");
  // One that is in it is passed over.
  const newcomers = idsAt("add_volumes").filter((id) => state.volumes.get(id)?.groupId !== group.id);
  const add = newcomers.map((id) => requireAddable(state, group, id));
  const remove = idsAt("remove_volumes").map((id) => requireMember(state, group, id));
  const name = optionalTextAt(asked, "name");
  const description = optionalTextAt(asked, "description");
  if (add.length + remove.length === 0 && name === undefined && description === undefined) {
    throw badRequest(
      `Invalid Group: Cannot update group ${group.id} because no valid name, description, add_volumes, or remove_volumes were provided.`,
    );
  }
  group.name = name ?? group.name;
  group.description = description ?? group.description;
  if (add.length + remove.length === 0) return;
  group.status = "updating";
  state.environment.after(state.durations.groupMs, () => finishUpdate(state, group, { add, remove }));
}

/** Runs in cinder-volume: when the driver fails, the group and every volume of the change end in `error`. */
function finishUpdate(
  state: VolumeState,
  group: GroupRecord,
  change: { readonly add: readonly VolumeRecord[]; readonly remove: readonly VolumeRecord[] },
): void {
  try {
    if (state.failGroupUpdates) throw new Error("the driver failed");
    if (isConsistent(state, group)) updateGroupOnArray(state, group, change);
  } catch {
    group.status = "error";
    for (const volume of [...change.add, ...change.remove]) volume.status = "error";
    return;
  }
  for (const volume of change.add) volume.groupId = group.id;
  for (const volume of change.remove) volume.groupId = undefined;
  group.status = "available";
}

function requireAddable(state: VolumeState, group: GroupRecord, id: string): VolumeRecord {
  const volume = state.volumes.get(id);
  const refuse = (why: string) =>
    badRequest(`Invalid volume: Cannot add volume ${id} to group ${group.id} because ${why}`);
  if (!volume || volume.projectId !== group.projectId) throw refuse("volume cannot be found.");
  if (volume.groupId !== undefined) throw refuse(`it is already in group ${volume.groupId}`);
  if (!group.volumeTypeIds.includes(volume.typeId))
    throw refuse(`volume type ${volume.typeId} is not supported by the group.`);
  if (!["available", "in-use"].includes(volume.status)) {
    throw refuse(`volume is in an invalid state: ${volume.status}. Valid states are: ('available', 'in-use').`);
  }
  if (volume.backend !== group.backend) throw refuse("they are on different hosts.");
  return volume;
}

function requireMember(state: VolumeState, group: GroupRecord, id: string): VolumeRecord {
  const volume = state.volumes.get(id);
  if (volume?.groupId !== group.id)
    throw badRequest(
      `Invalid volume: Cannot remove volume ${id} from group ${group.id} because it is not in the group.`,
    );
  if (!["available", "in-use", "error", "error_deleting"].includes(volume.status)) {
    throw badRequest(
      `Invalid volume: Cannot remove volume ${id} from group ${group.id} because volume is in an invalid state: ${volume.status}.`,
    );
  }
  return volume;
}

function act(state: VolumeState, group: GroupRecord, call: Call): void {
  if (call.body.reset_status !== undefined) {
    requireAdmin(call, "group:reset_status");
    group.status = textAt(objectAt(call.body, "reset_status"), "status");
    return;
  }
  const deletion = objectAt(call.body, "delete");
  const volumes = volumesOf(state, group);
  const withVolumes = deletion["delete-volumes"] === true;
  if (!["available", "error"].includes(group.status))
    throw badRequest(`Invalid group: Group status must be available or error, but current status is: ${group.status}`);
  if (volumes.length > 0 && !withVolumes)
    throw badRequest(
      `Invalid Group: Group ${group.id} still contains volumes. The delete-volumes flag is required to delete it.`,
    );
  const attached = volumes.find((volume) => volume.attachments.length > 0);
  if (attached) throw badRequest(`Invalid volume: Volume ${attached.id} is still attached.`);
  group.status = "deleting";
  state.environment.after(state.durations.groupMs, () => {
    if (isConsistent(state, group)) currentArray(group.backend).destroyGroup(arrayGroupName(state, group));
    state.groups.delete(group.id);
    for (const volume of volumes) {
      volume.groupId = undefined;
      deleteVolume(state, volume);
    }
  });
}

function groupView(state: VolumeState, group: GroupRecord, call: Call) {
  const withVolumes = call.version >= 25 && isTrue(call.query.get("list_volume"));
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    status: group.status,
    availability_zone: group.availabilityZone,
    created_at: microsecondsTime(group.createdAt),
    group_type: group.groupTypeId,
    volume_types: group.volumeTypeIds,
    ...(call.version >= 14 && { group_snapshot_id: null, source_group_id: null }),
    ...(withVolumes && { volumes: volumesOf(state, group).map(({ id }) => id) }),
    ...(call.version >= 38 && { replication_status: "disabled" }),
    ...(call.version >= 58 && call.caller.isAdmin && { project_id: group.projectId }),
  };
}
