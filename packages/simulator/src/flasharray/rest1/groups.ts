import { ArrayError } from "../block-array.ts";
import { addMember, createGroup, localGroup, removeGroup, removeMember, setGroupDestroyed } from "../groups.ts";
import type { StoredGroup } from "../objects.ts";
import { changeRetention, changeSchedule } from "../schedules.ts";
import { addTarget, destroyGroup, removeTarget, setAllowed, targetEntry } from "../targets.ts";
import { inOtherWords, nameOf, type Rest1Call, type Rest1Route } from "./call.ts";
import { createPoints, deletePoint, listPoints, pointsNamed, recoverPoint } from "./points.ts";
import { isSnapshotName } from "./snapshots.ts";
import { groupView, isListed, retentionView, scheduleView } from "./views.ts";

function list(call: Rest1Call): object {
  if (call.given.flag("snap")) return listPoints(call);
  const groups = [...call.state.groups.all()].filter((group) => isListed(call, group));
  return groups.map((group) => viewOf(call, group));
}

function get(call: Rest1Call): object {
  const name = nameOf(call);
  if (call.given.flag("snap")) return pointsNamed(call, name);
  const group = call.state.groups.any(name);
  if (!isListed(call, group)) throw new ArrayError(name, "Protection group does not exist.");
  return viewOf(call, group);
}

function viewOf(call: Rest1Call, group: StoredGroup): object {
  if (call.given.flag("schedule")) return scheduleView(group);
  return call.given.flag("retention") ? retentionView(group) : groupView(call, group);
}

function create(call: Rest1Call): object {
  const { state, given } = call;
  const volumes = (given.names("vollist") ?? []).map((name) => state.volumes.live(name));
  const group = createGroup(state, nameOf(call));
  for (const volume of volumes) addMember(group, volume);
  return groupView(call, group);
}

function change(call: Rest1Call): object {
  const { state, given } = call;
  const name = nameOf(call);
  if (given.text("action") === "recover") {
    if (isSnapshotName(name)) return recoverPoint(call);
    setGroupDestroyed(state, state.groups.any(name), false);
  } else if (given.has("action")) throw new ArrayError(name, "Invalid action.");
  const group = state.groups.live(name);
  changeMembers(call, group);
  changeTargets(call, group);
  changeSettings(call, group);
  return groupView(call, group);
}

/** All or nothing: every name is looked at before the first change. */
function changeMembers(call: Rest1Call, group: StoredGroup): void {
  const { state, given } = call;
  if (!["addvollist", "remvollist"].some((key) => given.has(key))) return;
  const local = localGroup(state, group.name);
  const added = (given.names("addvollist") ?? []).map((name) => state.volumes.live(name));
  const removed = (given.names("remvollist") ?? []).map((name) =>
    inOtherWords(() => state.volumes.any(name), "Volume could not be found in the protection group."),
  );
  for (const volume of removed) {
    if (!local.members.has(volume)) {
      throw new ArrayError(volume.name, "Volume could not be found in the protection group.");
    }
  }
  for (const volume of added) {
    if (local.members.has(volume)) throw new ArrayError(volume.name, "Volume already belongs to the protection group.");
  }
  for (const volume of added) addMember(local, volume);
  for (const volume of removed) removeMember(local, volume);
}

function changeTargets(call: Rest1Call, group: StoredGroup): void {
  const { state, given } = call;
  for (const name of given.names("addtargetlist") ?? []) addTarget(state, localGroup(state, group.name), name);
  for (const name of given.names("remtargetlist") ?? []) removeTarget(state, localGroup(state, group.name), name);
  const isAllowed = given.flag("allowed");
  if (isAllowed === undefined) return;
  if (isAllowed && group.origin && targetEntry(state, group)?.isAllowed) {
    throw new ArrayError(group.name, "Protection group is already allowed on the target array.");
  }
  setAllowed(state, group, isAllowed);
}

/** Schedules and retentions. Intervals are in s here, in ms inside. */
function changeSettings(call: Rest1Call, group: StoredGroup): void {
  const { state, given } = call;
  const isGiven = (...keys: string[]) => keys.some((key) => given.has(key));
  const interval = (key: string) => (given.has(key) ? (given.number(key) ?? 0) * 1000 : undefined);
  if (isGiven("target_all_for", "target_per_day", "target_days")) {
    const to = {
      all_for_sec: given.number("target_all_for"),
      per_day: given.number("target_per_day"),
      days: given.number("target_days"),
    };
    changeRetention(state, group, { key: "targetRetention", to });
  }
  if (isGiven("all_for", "per_day", "days")) {
    const to = { all_for_sec: given.number("all_for"), per_day: given.number("per_day"), days: given.number("days") };
    changeRetention(state, group, { key: "sourceRetention", to });
  }
  if (isGiven("replicate_enabled", "replicate_frequency")) {
    const to = { enabled: given.flag("replicate_enabled"), frequency: interval("replicate_frequency") };
    changeSchedule(state, group, "replicationSchedule", to);
  }
  if (isGiven("snap_enabled", "snap_frequency")) {
    const to = { enabled: given.flag("snap_enabled"), frequency: interval("snap_frequency") };
    changeSchedule(state, group, "snapshotSchedule", to);
  }
}

function remove(call: Rest1Call): object {
  const { state } = call;
  const name = nameOf(call);
  if (isSnapshotName(name)) return deletePoint(call);
  const group = state.groups.any(name);
  if (!call.given.flag("eradicate")) destroyGroup(state, group);
  else {
    if (group.destroyedAt === undefined) throw new ArrayError(name, "Protection group has not been destroyed.");
    state.requireEradication();
    removeGroup(state, group);
  }
  return { name: group.name };
}

const CHANGES = [
  "action addvollist remvollist addtargetlist remtargetlist allowed",
  "replicate_enabled replicate_frequency snap_enabled snap_frequency",
  "all_for per_day days target_all_for target_per_day target_days",
].join(" ");
const SHOWS = "snap transfer pending pending_only schedule retention";

/** `pgroup`: protection groups, and their snapshots by their own names or with `snap`. */
export const groupRoutes: readonly Rest1Route[] = [
  { method: "GET", path: "pgroup", known: SHOWS, run: list },
  {
    method: "POST",
    path: "pgroup",
    known: "source snap suffix replicate replicate_now apply_retention",
    run: createPoints,
  },
  { method: "GET", path: "pgroup/*", known: SHOWS, run: get },
  { method: "POST", path: "pgroup/*", known: "vollist", run: create },
  { method: "PUT", path: "pgroup/*", known: CHANGES, run: change },
  { method: "DELETE", path: "pgroup/*", known: "eradicate", run: remove },
];
