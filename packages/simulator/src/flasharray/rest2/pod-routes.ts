import { ArrayError } from "../block-array.ts";
import type { StoredPod } from "../objects.ts";
import { createPod, eradicatePod, setPodDestroyed, stretchPod, unstretchPod } from "../pods.ts";
import { booleanOf, requireKnown, textOf } from "./body.ts";
import { type ArrayRoute, type CallContext, listed, namedBy, requireNamed } from "./context.ts";
import { pageOf } from "./page.ts";
import { podItem } from "./pod-views.ts";
import { badRequest } from "./rest-error.ts";

const BODY_OF_CHANGE = ["destroyed", "failover_preferences", "mediator", "requested_promotion_state"];

function list(call: CallContext): object {
  return pageOf(
    listed(call, call.state.pods).map((pod) => podItem(call.state, pod)),
    call.query,
  );
}

function create(call: CallContext): object {
  requireKnown(call.body, ["failover_preferences"]);
  const preferences = preferencesOf(call) ?? [];
  const made = call.query.required("names").map((name) => {
    const pod = createPod(call.state, name);
    pod.failoverPreferences = preferences;
    return pod;
  });
  return { items: made.map((pod) => podItem(call.state, pod)) };
}

/** @throws ArrayError for an array that this one does not know. */
function preferencesOf(call: CallContext): readonly string[] | undefined {
  const list = call.body.failover_preferences;
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw badRequest("Invalid value for 'failover_preferences'.");
  return list.map((entry: { readonly name?: string }) => {
    const array = call.model.fabric.array(entry.name ?? "");
    if (!array) throw new ArrayError(entry.name ?? null, "Array does not exist.");
    return array.name;
  });
}

function change(call: CallContext): object {
  requireKnown(call.body, BODY_OF_CHANGE);
  const isDestroyed = booleanOf(call.body, "destroyed");
  const preferences = preferencesOf(call);
  const changed = requireNamed(call, call.state.pods).map((name) => {
    let pod = call.state.pods.any(name);
    requirePromotion(pod, textOf(call.body, "requested_promotion_state"));
    if (isDestroyed !== undefined) {
      const withContents = call.query.flag("destroy_contents") ?? false;
      pod = setPodDestroyed(call.state, name, { isDestroyed, withContents });
    }
    if (preferences) pod.failoverPreferences = preferences;
    return pod;
  });
  return { items: changed.map((pod) => podItem(call.state, pod)) };
}

/** A stretched pod has no direction. One on a single array stays as it is: links between pods are not simulated. */
function requirePromotion(pod: StoredPod, wanted: string | undefined): void {
  if (wanted === undefined) return;
  if (wanted !== "promoted" && wanted !== "demoted") throw badRequest("Invalid requested_promotion_state.");
  if (pod.halves.length > 1) throw new ArrayError(pod.name, "Stretched pods cannot be promoted or demoted.");
  if (wanted === "demoted") throw badRequest("Demoting pods is not simulated.");
}

function remove(call: CallContext): undefined {
  const withContents = call.query.flag("eradicate_contents") ?? false;
  for (const name of requireNamed(call, call.state.pods)) eradicatePod(call.state, name, { withContents });
  return undefined;
}

const PODS = { names: "group_names", ids: "group_ids" };

function listArrays(call: CallContext): object {
  const names = namedBy(call, call.state.pods, PODS);
  const pods = names ? names.map((name) => call.state.pods.live(name)) : [...call.state.pods.all()];
  const arrays = call.query.list("member_names")?.map((name) => name.toLowerCase());
  const rows = pods.flatMap((pod) => memberRows(pod));
  return pageOf(
    rows.filter(({ member }) => !arrays || arrays.includes(member.name.toLowerCase())),
    call.query,
  );
}

function memberRows(pod: StoredPod) {
  return pod.halves.map(({ array }) => ({
    group: { id: pod.id, name: pod.name },
    member: { id: array.id, name: array.name },
  }));
}

function stretch(call: CallContext): object {
  const [name = ""] = requireNamed(call, call.state.pods, PODS);
  const [array = ""] = arraysOf(call);
  const pod = stretchPod(call.state, name, array);
  return { items: memberRows(pod).filter(({ member }) => member.name.toLowerCase() === array.toLowerCase()) };
}

function unstretch(call: CallContext): undefined {
  const [name = ""] = requireNamed(call, call.state.pods, PODS);
  unstretchPod(call.state, name, arraysOf(call)[0] ?? "");
  return undefined;
}

/** One array at a time. */
function arraysOf(call: CallContext): readonly string[] {
  const ids = call.query.list("member_ids");
  const { arrays } = call.model.fabric;
  return ids
    ? ids.map((id) => arrays.find((array) => array.id === id)?.name ?? id)
    : call.query.required("member_names");
}

/** `/pods` and the arrays that they are stretched over. */
export const podRoutes: Readonly<Record<string, ArrayRoute>> = {
  "GET pods": list,
  "POST pods": create,
  "PATCH pods": change,
  "DELETE pods": remove,
  "GET pods/arrays": listArrays,
  "POST pods/arrays": stretch,
  "DELETE pods/arrays": unstretch,
};
