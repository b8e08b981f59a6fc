import type { ApiVersion } from "../api-version.ts";
import type { ArrayState } from "../array-state.ts";
import type { FlashArrayModel } from "../model.ts";
import type { NamedObjects } from "../named-objects.ts";
import type { ArrayObject, StoredGroup } from "../objects.ts";
import type { Sessions } from "../sessions.ts";
import { namesInFilter, wildcard } from "./filter.ts";
import type { Query } from "./query.ts";
import { badRequest } from "./rest-error.ts";

/** One authenticated call on its way through the routes. */
export interface CallContext {
  readonly model: FlashArrayModel;
  readonly state: ArrayState;
  readonly sessions: Sessions;
  readonly version: ApiVersion;
  readonly query: Query;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers a call: the items of the body, or undefined for an empty one. */
export type ArrayRoute = (call: CallContext) => object | undefined;

/** Names that `names=` or `ids=` stand for; undefined when neither is given. @throws RestError 400 when both are. */
export function namedBy<T extends ArrayObject>(
  call: CallContext,
  objects: NamedObjects<T>,
  keys: { readonly names: string; readonly ids: string } = { names: "names", ids: "ids" },
): readonly string[] | undefined {
  const names = call.query.list(keys.names);
  const ids = call.query.list(keys.ids);
  if (names && ids) throw badRequest(`Only one of '${keys.names}' and '${keys.ids}' can be given.`);
  return names ?? ids?.map((id) => objects.findById(id)?.name ?? id);
}

/** As {@link namedBy}, but one must be there. */
export function requireNamed<T extends ArrayObject>(
  call: CallContext,
  objects: NamedObjects<T>,
  keys: { readonly names: string; readonly ids: string } = { names: "names", ids: "ids" },
): readonly string[] {
  const names = namedBy(call, objects, keys);
  if (!names) throw badRequest(`Missing parameter '${keys.names}'.`);
  return names;
}

/**
 * Objects of a listing: those named (wildcards allowed, every plain name must exist), or all; live and destroyed together
 * unless `destroyed` says which.
 */
export function listed<T extends ArrayObject>(call: CallContext, objects: NamedObjects<T>): T[] {
  const names = namedBy(call, objects);
  const isDestroyed = call.query.flag("destroyed");
  const found = names ? named(objects, names) : filtered(objects, namesInFilter(call.query.text("filter")));
  return found.filter((object) => isDestroyed === undefined || (object.destroyedAt !== undefined) === isDestroyed);
}

/** @throws ArrayError when a name without wildcard has no match. */
function named<T extends ArrayObject>(objects: NamedObjects<T>, names: readonly string[]): T[] {
  return names.flatMap((name) => (name.includes("*") ? matching(objects, name) : [objects.any(name)]));
}

/** What a filter for names can let pass, found without building an item for every object of the array. */
function filtered<T extends ArrayObject>(objects: NamedObjects<T>, names: readonly string[] | undefined): T[] {
  if (!names) return [...objects.all()];
  const found = new Set<T>();
  for (const name of names) {
    const object = name.includes("*") ? undefined : objects.find(name);
    if (object) found.add(object);
    if (name.includes("*")) for (const match of matching(objects, name)) found.add(match);
  }
  return [...found];
}

function matching<T extends ArrayObject>(objects: NamedObjects<T>, pattern: string): T[] {
  const expression = wildcard(pattern);
  return [...objects.all()].filter((object) => expression.test(object.name));
}

/** The groups that `group_names=` or `group_ids=` stand for; undefined when neither is given. */
export function groupsOf(call: CallContext): StoredGroup[] | undefined {
  const names = namedBy(call, call.state.groups, { names: "group_names", ids: "group_ids" });
  return names?.map((name) => call.state.groups.live(name));
}
