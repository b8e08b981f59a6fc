import { isAtLeast } from "../api-version.ts";
import { addMember, localGroup, removeMember } from "../groups.ts";
import type { StoredSnapshot } from "../objects.ts";
import { moveVolume } from "../pods.ts";
import {
  cloneVolume,
  createVolume,
  destroySnapshot,
  destroyVolume,
  eradicateSnapshot,
  eradicateVolume,
  overwriteVolume,
  recoverSnapshot,
  recoverVolume,
  renameVolume,
  requireSize,
  resizeVolume,
  snapshotVolume,
} from "../volumes.ts";
import { booleanOf, numberOf, objectOf, requireKnown, textOf } from "./body.ts";
import { type ArrayRoute, type CallContext, listed, requireNamed } from "./context.ts";
import { namesInFilter } from "./filter.ts";
import { pageOf } from "./page.ts";
import { badRequest } from "./rest-error.ts";
import { snapshotItem, volumeItem } from "./views.ts";

const BODY_OF_CREATE = ["destroyed", "priority_adjustment", "provisioned", "qos", "source", "subtype"];
const BODY_OF_CHANGE = ["destroyed", "name", "pod", "priority_adjustment", "provisioned", "qos", "volume_group"];

function create(call: CallContext): object {
  requireKnown(call.body, BODY_OF_CREATE);
  const names = call.query.required("names");
  const isOverwrite = call.query.flag("overwrite") ?? false;
  if (isOverwrite && (call.query.has("with_default_protection") || call.query.has("add_to_protection_group_names"))) {
    throw badRequest("Parameter 'overwrite' cannot be combined with protection parameters.");
  }
  const source = textOf(objectOf(call.body, "source"), "name");
  const provisioned = numberOf(call.body, "provisioned");
  if ((source === undefined) === (provisioned === undefined)) {
    throw badRequest("Exactly one of 'provisioned' and 'source' must be given.");
  }
  const placement = {
    withDefaultProtection: isAtLeast(call.version, [2, 16])
      ? (call.query.flag("with_default_protection") ?? true)
      : true,
    groups: call.query.list("add_to_protection_group_names") ?? [],
  };
  const made = names.map((name) => {
    if (source === undefined) return createVolume(call.state, name, provisioned ?? 0, placement);
    if (isOverwrite && call.state.volumes.find(name)) return overwriteVolume(call.state, source, name);
    return cloneVolume(call.state, source, name, placement);
  });
  return { items: made.map((volume) => volumeItem(call.state, volume)) };
}

function change(call: CallContext): object {
  requireKnown(call.body, BODY_OF_CHANGE);
  const names = requireNamed(call, call.state.volumes);
  const newName = textOf(call.body, "name");
  const destroyed = booleanOf(call.body, "destroyed");
  const provisioned = numberOf(call.body, "provisioned");
  const pod = textOf(objectOf(call.body, "pod"), "name");
  if (newName !== undefined && names.length > 1) throw badRequest("Only one volume can be renamed at a time.");
  const changed = names.map((name) => {
    let volume = call.state.volumes.any(name);
    if (provisioned !== undefined) {
      requireSize(name, provisioned);
      volume = resizeVolume(call.state, name, provisioned);
    }
    if (destroyed === true) volume = destroyVolume(call.state, name);
    if (destroyed === false) volume = recoverVolume(call.state, name);
    for (const group of call.query.list("add_to_protection_group_names") ?? []) {
      addMember(localGroup(call.state, group), volume);
    }
    for (const group of call.query.list("remove_from_protection_group_names") ?? []) {
      removeMember(localGroup(call.state, group), volume);
    }
    if (pod !== undefined) moveVolume(call.state, volume.name, pod);
    return newName === undefined ? volume : renameVolume(call.state, name, newName);
  });
  return { items: changed.map((volume) => volumeItem(call.state, volume)) };
}

function createSnapshots(call: CallContext): object {
  requireKnown(call.body, ["destroyed", "suffix"]);
  const names = requireNamed(call, call.state.volumes, { names: "source_names", ids: "source_ids" });
  const suffix = textOf(call.body, "suffix");
  const made = names.map((name) => snapshotVolume(call.state, name, suffix));
  return { items: made.map((snapshot) => snapshotItem(call.state, snapshot)) };
}

function changeSnapshots(call: CallContext): object {
  requireKnown(call.body, ["destroyed", "name"]);
  const destroyed = booleanOf(call.body, "destroyed");
  if (destroyed === undefined) throw badRequest("Body names nothing to change.");
  const names = requireNamed(call, call.state.snapshots);
  const changed = names.map((name) => (destroyed ? destroySnapshot : recoverSnapshot)(call.state, name));
  return { items: changed.map((snapshot) => snapshotItem(call.state, snapshot)) };
}

function listSnapshots(call: CallContext): object {
  const sources = call.query.list("source_names")?.map((name) => name.toLowerCase());
  const ids = call.query.list("source_ids");
  const found = (ofWholePoints(call) ?? listed(call, call.state.snapshots)).filter((snapshot) => {
    if (sources && !sources.includes(snapshot.source.name?.toLowerCase() ?? "")) return false;
    return !ids || ids.includes(snapshot.source.id ?? "");
  });
  return pageOf(
    found.map((snapshot) => snapshotItem(call.state, snapshot)),
    call.query,
  );
}

/** Snapshots of a filter that is nothing but `name='POINT.*'`, found without a look at every other; else undefined. */
function ofWholePoints(call: CallContext): StoredSnapshot[] | undefined {
  const points = namesInFilter(call.query.text("filter"))?.map((name) => {
    const point = /^([^*]+)\.\*$/.exec(name)?.[1];
    return point === undefined ? undefined : call.state.points.find(point);
  });
  if (!points?.every((point) => point !== undefined)) return undefined;
  const isDestroyed = call.query.flag("destroyed");
  return points
    .flatMap(({ volumes }) => volumes)
    .filter(({ destroyedAt }) => isDestroyed === undefined || (destroyedAt !== undefined) === isDestroyed);
}

/** `/volumes` and `/volume-snapshots`. */
export const volumeRoutes: Readonly<Record<string, ArrayRoute>> = {
  "GET volumes": (call) =>
    pageOf(
      listed(call, call.state.volumes).map((volume) => volumeItem(call.state, volume)),
      call.query,
    ),
  "POST volumes": create,
  "PATCH volumes": change,
  "DELETE volumes": (call) => {
    for (const name of requireNamed(call, call.state.volumes)) eradicateVolume(call.state, name);
    return undefined;
  },
  "GET volume-snapshots": listSnapshots,
  "POST volume-snapshots": createSnapshots,
  "PATCH volume-snapshots": changeSnapshots,
  "DELETE volume-snapshots": (call) => {
    for (const name of requireNamed(call, call.state.snapshots)) eradicateSnapshot(call.state, name);
    return undefined;
  },
};
