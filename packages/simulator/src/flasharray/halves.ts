import type { ArrayState } from "./array-state.ts";
import type { Contents } from "./contents.ts";
import type { HalfStatus, StoredHalf, StoredPod } from "./objects.ts";

/** What the arrays of a stretched pod find between them. */
export interface Between {
  readonly isOpen: boolean;
  /** ms that a half takes to catch up. */
  readonly resyncMs: number;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/**
 * Lets a stretched pod answer to what its arrays find now. When they lose each other the mediator decides which half goes
 * on; when they meet again the other one catches up.
 */
export function judge(pod: StoredPod, between: Between): void {
  const [first, second] = pod.halves;
  if (!first || !second) return;
  pod.isTogether = between.isOpen;
  if (between.isOpen) meet(pod, [first, second], between);
  else part(pod, [first, second], between);
}

type Halves = readonly [StoredHalf, StoredHalf];

function meet(pod: StoredPod, halves: Halves, between: Between): void {
  const [first, second] = halves;
  const isShared = first.contents === second.contents;
  if (isShared) for (const half of halves) setServing(half);
  else if (first.status === "online" && second.status === "online") {
    // Both went on alone: what the one wrote that had been told to stop is lost.
    catchUp(first.frozenAt === undefined ? second : first, between);
  } else {
    const isBehind = (half: StoredHalf, other: StoredHalf) => half.status === "offline" && other.status === "online";
    if (isBehind(first, second)) catchUp(first, between);
    if (isBehind(second, first)) catchUp(second, between);
  }
  const isAlone = halves.every(({ array }) => array.mediator !== "online");
  pod.preElected = isAlone && isShared ? (pod.preElected ?? best(pod, halves)?.array.name) : undefined;
}

function part(pod: StoredPod, halves: Halves, { now }: Between): void {
  for (const half of halves) {
    if (half.status === "resyncing") half.status = "offline";
    half.resync = undefined;
  }
  if (halves[0].contents !== halves[1].contents) return;
  const winner = winnerOf(pod, halves);
  for (const half of halves) if (half !== winner) stop(half, now);
  if (!winner) return;
  for (const half of halves) if (half !== winner) freeze(half, { other: winner });
  setServing(winner);
}

function winnerOf(pod: StoredPod, halves: Halves): StoredHalf | undefined {
  const up = halves.filter(({ array }) => array.isUp);
  if (pod.preElected !== undefined) return up.find(({ array }) => array.name === pod.preElected);
  return best(
    pod,
    up.filter(({ array }) => array.mediator === "online"),
  );
}

/** The preferred half, else the first. */
function best(pod: StoredPod, halves: readonly StoredHalf[]): StoredHalf | undefined {
  const names = pod.failoverPreferences.map((name) => name.toLowerCase());
  const rank = ({ array }: StoredHalf) =>
    (names.indexOf(array.name.toLowerCase()) + names.length + 1) % (names.length + 1);
  return halves.toSorted((a, b) => rank(a) - rank(b))[0];
}

function setServing(half: StoredHalf): void {
  half.status = "online";
  half.frozenAt = undefined;
  half.resync = undefined;
}

function stop(half: StoredHalf, now: number): void {
  half.status = "offline";
  half.frozenAt ??= now;
}

/** A half serves although the mediator chose the other one: both go on, each on its own. */
export function forceOnline(half: StoredHalf, other: StoredHalf): void {
  if (half.contents === other.contents) freeze(half, { other });
  half.status = "online";
}

/** Lets a half that is behind begin to take over what the other one has. */
export function catchUp(half: StoredHalf, between: Pick<Between, "now" | "resyncMs">): void {
  half.status = "resyncing";
  half.resync = { since: between.now, durationMs: Math.max(1, between.resyncMs) };
}

/** Share of its way that a half has behind it, 0 to 1; undefined unless it catches up. */
export function progressOf(half: StoredHalf): number | undefined {
  if (!half.resync) return undefined;
  return Math.min(0.999, Math.max(0, half.array.now() - half.resync.since) / half.resync.durationMs);
}

/** Puts a half in sync with the other one. What it had of its own is gone. */
export function join(half: StoredHalf, other: StoredHalf): void {
  if (half.contents !== other.contents) dropBytes(half.array, half.contents);
  half.contents = other.contents;
  setServing(half);
  for (const group of half.contents.groups.all()) group.dueAt = undefined;
  for (const id of half.array.connections.keys()) {
    if (!half.array.volumes.findById(id)) half.array.connections.delete(id);
  }
}

/**
 * Leaves a half with what it holds now, a copy of its own; the other one goes on with what both had.
 * @param options `name`: another pod name for the copy.
 */
export function freeze(half: StoredHalf, options: { readonly other: StoredHalf; readonly name?: string }): void {
  const shared = half.contents;
  const from = shared.keeper;
  const [kept, own] = [options.other.array.name, half.array.name];
  for (const { serial, bytes } of shared.withBytes()) {
    half.array.bytes.copy({ array: from, serial }, { array: from === kept ? own : kept, serial }, bytes);
  }
  shared.keeper = kept;
  half.contents = shared.copy(own, options.name);
}

/** Forgets the bytes of contents for good. */
function dropBytes(array: ArrayState, contents: Contents): void {
  for (const { serial } of contents.withBytes()) array.bytes.remove({ array: contents.keeper, serial });
}

/** Half of a pod as an array tells of it. */
export interface ToldHalf {
  readonly half: StoredHalf;
  readonly status: HalfStatus | "unknown";
  readonly mediator: ArrayState["mediator"] | "unknown";
  /** World time. */
  readonly frozenAt: number | undefined;
  readonly progress: number | undefined;
}

/** What an array knows of a pod's halves. Of one that it does not reach: that it lost, when the array itself goes on. */
export function toldBy(state: ArrayState, pod: StoredPod): readonly ToldHalf[] {
  const own = pod.halves.find(({ array }) => array === state);
  return pod.halves.map((half) => {
    const isKnown = half === own || pod.isTogether;
    const status = isKnown ? half.status : own?.status === "online" ? "offline" : "unknown";
    return {
      half,
      status,
      mediator: isKnown ? half.array.mediator : "unknown",
      frozenAt: status === "online" || status === "unknown" ? undefined : half.frozenAt,
      progress: isKnown ? progressOf(half) : undefined,
    };
  });
}

/** Takes a pod of one array out for good. */
export function removePod(array: ArrayState, pod: StoredPod): void {
  for (const half of pod.halves) dropBytes(half.array, half.contents);
  array.pods.remove(pod);
}
