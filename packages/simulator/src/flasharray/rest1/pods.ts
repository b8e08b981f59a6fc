import { toldBy } from "../halves.ts";
import type { StoredPod } from "../objects.ts";
import { createPod, eradicatePod, setPodDestroyed, stretchPod, unstretchPod } from "../pods.ts";
import { isoTime, nameOf, type Rest1Call, type Rest1Route } from "./call.ts";
import { isListed } from "./views.ts";

function podView(call: Rest1Call, pod: StoredPod): object {
  return {
    name: pod.name,
    source: null,
    mediator: "purestorage",
    failover_preference: pod.failoverPreferences,
    arrays: toldBy(call.state, pod).map(({ half, status, mediator, frozenAt, progress }) => ({
      array_id: half.array.id,
      name: half.array.name,
      status,
      mediator_status: mediator,
      pre_elected: pod.preElected === half.array.name,
      frozen_at: isoTime(frozenAt === undefined ? undefined : call.state.stamp(frozenAt)),
      progress: progress ?? null,
    })),
  };
}

function remove(call: Rest1Call): object {
  const name = nameOf(call);
  if (call.given.flag("eradicate")) eradicatePod(call.state, name, { withContents: true });
  else setPodDestroyed(call.state, name, { isDestroyed: true, withContents: false });
  return { name };
}

/** `pod` and the arrays that it is stretched over. */
export const podRoutes: readonly Rest1Route[] = [
  {
    method: "GET",
    path: "pod",
    known: "pending pending_only",
    run: (call) => [...call.state.pods.all()].filter((pod) => isListed(call, pod)).map((pod) => podView(call, pod)),
  },
  { method: "GET", path: "pod/*", known: "", run: (call) => podView(call, call.state.pods.live(nameOf(call))) },
  { method: "POST", path: "pod/*", known: "", run: (call) => podView(call, createPod(call.state, nameOf(call))) },
  { method: "DELETE", path: "pod/*", known: "eradicate", run: remove },
  {
    method: "POST",
    path: "pod/*/array/*",
    known: "",
    run: (call) => podView(call, stretchPod(call.state, nameOf(call), call.parts[1] ?? "")),
  },
  {
    method: "DELETE",
    path: "pod/*/array/*",
    known: "with_unknown",
    run: (call) => {
      unstretchPod(call.state, nameOf(call), call.parts[1] ?? "");
      return { name: nameOf(call) };
    },
  },
];
