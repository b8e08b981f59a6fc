import { podOf } from "../names.ts";
import type { ArrayPod, PodHalf } from "../storage-array.ts";
import { linkOf, type MockArrays, type MockPod, type MockState } from "./mock-state.ts";
import { refuse } from "./refusal.ts";

/** ms that an array takes to catch up with a pod. */
const RESYNC_MS = 30_000;

/** A pod as this array tells of it. The mediator is always there. */
export function findPod(state: MockState, name: string, now: number): ArrayPod | undefined {
  const pod = state.pods.find((each) => each.name === name);
  if (!pod) return undefined;
  const own = { ...half(pod.own, "online"), status: pod.status, frozenAt: pod.frozenAt ?? undefined };
  const progress =
    pod.status === "resyncing" ? Math.min(0.999, (now - (pod.resyncSince ?? now)) / RESYNC_MS) : undefined;
  const halves = [{ ...own, progress }, ...(pod.partner ? [partnerOf(pod, pod.partner, now)] : [])];
  return { name, halves };
}

function partnerOf(pod: MockPod, partner: MockPod["own"], now: number): PodHalf {
  const told = pod.told;
  if (!told) return half(partner, "unknown");
  const frozenAt = told.frozenAt ?? undefined;
  const since = told.resyncSince ?? now;
  const progress = told.status === "resyncing" ? Math.min(0.999, (now - since) / RESYNC_MS) : undefined;
  return { ...half(partner, pod.isTogether ? "online" : "unknown"), status: told.status, frozenAt, progress };
}

function half({ array, id }: MockPod["own"], mediator: PodHalf["mediator"]): PodHalf {
  return {
    array,
    arrayId: id,
    status: "unknown",
    mediator,
    isPreElected: false,
    frozenAt: undefined,
    progress: undefined,
  };
}

/** A pod on one array. */
export function createPod(state: MockState, array: string, name: string): void {
  const own = { array, id: state.id };
  state.pods.push({ name, own, partner: null, isFirst: true, isTogether: true, ...IN_SYNC, told: null });
}

const IN_SYNC = { status: "online", frozenAt: null, resyncSince: null } as const;

/** Stretches a pod to another array; it is in sync at once. */
export function stretchPod(arrays: MockArrays, name: string, [from, to]: readonly [string, string]): void {
  const [near, far] = [arrays.get(from), arrays.get(to)];
  const pod = near?.pods.find((each) => each.name === name);
  if (!near || !far || !pod) throw refuse("stretch pod", `pod ${name} or array ${to} does not exist`);
  pod.partner = { array: to, id: far.id };
  far.pods.push({ ...pod, own: pod.partner, partner: pod.own, isFirst: false });
  mirrorPods(arrays, from);
}

/** Lets pods answer to what their arrays find: they lose each other, meet again, catch up. */
export function settlePods(arrays: MockArrays, now: number): void {
  for (const [name, state] of arrays) {
    for (const pod of state.pods) {
      const other = pod.partner && arrays.get(pod.partner.array);
      const twin = other?.pods.find((each) => each.name === pod.name);
      if (!pod.partner) continue;
      const isUp = other && linkOf(state, pod.partner.array).isUp && linkOf(other, name).isUp;
      pod.isTogether = Boolean(isUp && twin);
      if (!pod.isTogether) part(pod, twin !== undefined, now);
      else if (twin && pod.isFirst) meet([pod, state], [twin, other as MockState], now);
    }
  }
}

/** The half that was there first goes on when both can; one that is alone goes on unless it is behind. */
function part(pod: MockPod, isPartnerUp: boolean, now: number): void {
  const wasTold = pod.told?.status;
  if (pod.status === "resyncing" || (pod.status === "online" && isPartnerUp && !pod.isFirst && wasTold !== "offline")) {
    pod.status = "offline";
    pod.frozenAt ??= now;
    pod.resyncSince = null;
  }
  const told = pod.told ?? IN_SYNC;
  pod.told = pod.status === "online" ? { ...told, status: "offline", frozenAt: told.frozenAt ?? now } : null;
}

function meet(first: readonly [MockPod, MockState], second: readonly [MockPod, MockState], now: number): void {
  for (const [[pod], [twin]] of [
    [first, second],
    [second, first],
  ] as const) {
    // Switched off when it lost its place, it could not note that itself.
    if (pod.told?.status === "offline" && twin.status === "online" && pod.status === "online") {
      twin.status = "offline";
      twin.frozenAt = pod.told.frozenAt;
    }
    if (twin.status !== "offline" || pod.status !== "online") continue;
    twin.status = "resyncing";
    twin.resyncSince = now;
  }
  for (const [[pod, state], [twin, other]] of [
    [first, second],
    [second, first],
  ] as const) {
    if (twin.status !== "resyncing" || now < (twin.resyncSince ?? now) + RESYNC_MS) continue;
    copyPod(state, other, pod.name);
    Object.assign(twin, IN_SYNC);
  }
  const tell = ({ status, frozenAt, resyncSince }: MockPod) => ({ status, frozenAt, resyncSince });
  first[0].told = tell(second[0]);
  second[0].told = tell(first[0]);
}

/** What an array changed in pods that are in sync is on the other array as well. */
export function mirrorPods(arrays: MockArrays, name: string): void {
  const state = arrays.get(name);
  for (const pod of state?.pods ?? []) {
    const other = pod.partner && arrays.get(pod.partner.array);
    const twin = other?.pods.find((each) => each.name === pod.name);
    const isInSync = pod.isTogether && pod.status === "online" && twin?.status === "online";
    if (state && other && isInSync) copyPod(state, other, pod.name);
  }
}

/** Connections to hosts are an array's own; all else of a pod is alike. */
function copyPod(from: MockState, to: MockState, pod: string): void {
  const isInPod = ({ name }: { readonly name: string }) => podOf(name) === pod;
  const isOutside = (object: { readonly name: string }) => !isInPod(object);
  const hosts = new Map(to.volumes.map((volume) => [volume.id, volume.hosts]));
  const volumes = from.volumes.filter(isInPod).map((volume) => ({ ...volume, hosts: hosts.get(volume.id) ?? [] }));
  to.volumes = [...to.volumes.filter(isOutside), ...volumes];
  to.snapshots = [...to.snapshots.filter(isOutside), ...from.snapshots.filter(isInPod)];
  to.groups = [...to.groups.filter(isOutside), ...structuredClone(from.groups.filter(isInPod))];
}

/** Whether this array runs the schedule of a group: of one in a pod that two arrays serve, the first one does. */
export function runsSchedule(state: MockState, group: string): boolean {
  const pod = state.pods.find((each) => each.name === podOf(group));
  if (!pod) return true;
  return pod.status === "online" && (pod.isFirst || pod.told?.status !== "online");
}

/** @throws OutsideError `final` for an object of a pod that is not there, or that this array does not serve now. */
export function requireServing(state: MockState, name: string): void {
  const wanted = podOf(name);
  if (wanted === undefined) return;
  const pod = state.pods.find((each) => each.name === wanted);
  if (!pod) throw refuse("pod", `pod ${wanted} does not exist`);
  if (pod.status !== "online") throw refuse("pod", `pod ${wanted} is ${pod.status} on this array`);
}
