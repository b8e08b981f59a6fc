import { ArrayError } from "../block-array.ts";
import { cutPoint, localGroup, removePoint, setPointDestroyed } from "../groups.ts";
import type { StoredPoint } from "../objects.ts";
import { booleanOf, requireKnown, textOf } from "./body.ts";
import { type ArrayRoute, type CallContext, listed, namedBy, requireNamed } from "./context.ts";
import { namesInFilter } from "./filter.ts";
import { pageOf } from "./page.ts";
import { badRequest } from "./rest-error.ts";
import { pointItem, transferItem } from "./views.ts";

const HOUR_MS = 3_600_000;
const SOURCES = { names: "source_names", ids: "source_ids" };

function list(call: CallContext): object {
  const isDestroyed = call.query.flag("destroyed");
  const points = (ofWholeGroups(call)?.filter(standsAs(isDestroyed)) ?? listed(call, call.state.points)).filter(
    bySource(call),
  );
  return pageOf(
    points.map((point) => pointItem(call.state, point, call.version)),
    call.query,
  );
}

/** Points of a filter that is nothing but `name='GROUP.*'`, once or several times, without a look at every other; else undefined. */
function ofWholeGroups(call: CallContext): StoredPoint[] | undefined {
  const groups = namesInFilter(call.query.text("filter"))?.map((name) => /^([^*.]+)\.\*$/.exec(name)?.[1]);
  if (!groups?.every((name) => name !== undefined)) return undefined;
  return [...new Set(groups)].flatMap((name) => [...(call.state.groups.find(name)?.points.values() ?? [])]);
}

function standsAs(isDestroyed: boolean | undefined): (point: StoredPoint) => boolean {
  return (point) => isDestroyed === undefined || (point.destroyedAt !== undefined) === isDestroyed;
}

/** @throws ArrayError when a named group does not exist. */
function bySource(call: CallContext): (point: StoredPoint) => boolean {
  const sources = namedBy(call, call.state.groups, SOURCES)?.map((name) => call.state.groups.any(name));
  return (point) => !sources || sources.includes(point.group);
}

function create(call: CallContext): object {
  requireKnown(call.body, ["suffix"]);
  const isNow = call.query.flag("replicate_now") ?? false;
  const isQueued = call.query.flag("replicate") ?? false;
  const isForReplication = call.query.flag("for_replication") ?? false;
  if (isNow && isQueued) throw badRequest("Parameters 'replicate' and 'replicate_now' exclude each other.");
  const made = requireNamed(call, call.state.groups, SOURCES).map((name) => {
    const point = cutPoint(call.state, localGroup(call.state, name), {
      suffix: textOf(call.body, "suffix"),
      isRetained: call.query.flag("apply_retention") ?? false,
    });
    if (isNow || isQueued) {
      call.model.fabric.send(call.state, point, { at: point.cutAt, isQueued, isScheduled: false });
    }
    if (isForReplication) {
      point.eradicationDelayMs = HOUR_MS;
      setPointDestroyed(point, true, call.state.now());
    }
    return point;
  });
  return { items: made.map((point) => pointItem(call.state, point, call.version)) };
}

function change(call: CallContext): object {
  requireKnown(call.body, ["destroyed"]);
  const destroyed = booleanOf(call.body, "destroyed");
  if (destroyed === undefined) throw badRequest("Body names nothing to change.");
  const changed = requireNamed(call, call.state.points).map((name) => {
    const point = call.state.points.any(name);
    setPointDestroyed(point, destroyed, call.state.now());
    return point;
  });
  return { items: changed.map((point) => pointItem(call.state, point, call.version)) };
}

function remove(call: CallContext): undefined {
  for (const name of requireNamed(call, call.state.points)) {
    const point = call.state.points.any(name);
    if (point.destroyedAt === undefined) {
      throw new ArrayError(name, "Protection group snapshot has not been destroyed.");
    }
    call.state.requireEradication();
    removePoint(call.state, point);
  }
  return undefined;
}

/** `names` may be a group (a row for each of its snapshots) or one snapshot. */
function listTransfers(call: CallContext): object {
  const names = namedBy(call, call.state.points);
  const unnamed = () => ofWholeGroups(call) ?? [...call.state.points.all()];
  const points = (names ? names.flatMap((name) => pointsNamed(call, name)) : unnamed()).filter(bySource(call));
  const isDestroyed = call.query.flag("destroyed");
  const context = { state: call.state, fabric: call.model.fabric, version: call.version };
  const rows = points.filter(standsAs(isDestroyed)).flatMap((point) => {
    const transfers = point.incoming ? [point.incoming] : point.outgoing;
    return transfers.map((transfer) => transferItem(context, point, transfer));
  });
  return pageOf(rows, call.query);
}

function pointsNamed(call: CallContext, name: string): StoredPoint[] {
  const group = call.state.groups.find(name);
  return group ? [...group.points.values()] : [call.state.points.any(name)];
}

/** `/protection-group-snapshots` and its `/transfer`. */
export const pointRoutes: Readonly<Record<string, ArrayRoute>> = {
  "GET protection-group-snapshots": list,
  "POST protection-group-snapshots": create,
  "PATCH protection-group-snapshots": change,
  "DELETE protection-group-snapshots": remove,
  "GET protection-group-snapshots/transfer": listTransfers,
};
