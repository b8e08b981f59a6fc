import { ArrayError } from "../block-array.ts";
import { cutPoint, localGroup, removePoint, setPointDestroyed } from "../groups.ts";
import type { StoredPoint } from "../objects.ts";
import { nameOf, type Rest1Call } from "./call.ts";
import { isSnapshotName } from "./snapshots.ts";
import { isListed, pointView, transferViews } from "./views.ts";

/** `GET pgroup` with `snap`. */
export function listPoints(call: Rest1Call): object {
  return viewsOf(call, [...call.state.points.all()]);
}

/** `GET pgroup/NAME` with `snap`: the snapshots of a group, or the one of that name. */
export function pointsNamed(call: Rest1Call, name: string): object {
  if (isSnapshotName(name)) return viewsOf(call, [call.state.points.live(name)]);
  const group = call.state.groups.any(name);
  if (!isListed(call, group)) throw new ArrayError(name, "Protection group does not exist.");
  return viewsOf(call, [...group.points.values()]);
}

function viewsOf(call: Rest1Call, points: readonly StoredPoint[]): object {
  const listed = points.filter((point) => isListed(call, point));
  if (call.given.flag("transfer")) return listed.flatMap((point) => transferViews(call, point));
  return listed.map((point) => pointView(call, point));
}

/** `POST pgroup` with `snap`: cuts every group named, and sends the points if told to. */
export function createPoints(call: Rest1Call): object {
  const { state, given, model } = call;
  const groups = given.requiredNames("source").map((name) => localGroup(state, name));
  if (!given.flag("snap")) throw new ArrayError("snap", "Missing argument.");
  const isNow = given.flag("replicate_now") ?? false;
  const isQueued = given.flag("replicate") ?? false;
  if (isNow && isQueued)
    throw new ArrayError("replicate", "Arguments 'replicate' and 'replicate_now' exclude each other.");
  const points = groups.map((group) => {
    const point = cutPoint(state, group, {
      suffix: given.text("suffix"),
      isRetained: given.flag("apply_retention") ?? false,
    });
    if (isNow || isQueued) model.fabric.send(state, point, { at: point.cutAt, isQueued, isScheduled: false });
    return point;
  });
  return points.map((point) => pointView(call, point));
}

/** `PUT pgroup/NAME` of a snapshot with `action: recover`. */
export function recoverPoint(call: Rest1Call): object {
  const point = call.state.points.any(nameOf(call));
  setPointDestroyed(point, false, call.state.now());
  return { name: point.name };
}

/** `DELETE pgroup/NAME` of a snapshot. */
export function deletePoint(call: Rest1Call): object {
  const { state, given } = call;
  const point = state.points.any(nameOf(call));
  if (!given.flag("eradicate")) setPointDestroyed(point, true, state.now());
  else {
    if (point.destroyedAt === undefined) {
      throw new ArrayError(point.name, "Protection group snapshot has not been destroyed.");
    }
    state.requireEradication();
    removePoint(state, point);
  }
  return { name: point.name };
}
