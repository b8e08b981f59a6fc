import type { ArrayState } from "./array-state.ts";
import {
  createGroup,
  cutPoint,
  mirrorPoint,
  removeGroup,
  removePoint,
  replicaName,
  setPointDestroyed,
} from "./groups.ts";
import { join, judge, removePod } from "./halves.ts";
import type { Link } from "./link.ts";
import type { StoredGroup, StoredPoint, StoredTransfer } from "./objects.ts";
import { nextExpiry } from "./retention.ts";
import { hasEarlier, lastEnd, retainedPoints, sizeOf } from "./sending.ts";
import { elapsedOf, isComplete } from "./transfers.ts";
import { removeSnapshot, removeVolume } from "./volumes.ts";

const FABRICS = new WeakMap<ArrayState, Fabric>();

/** The fabric that an array is part of; every array is in one, if alone. */
export function fabricOf(array: ArrayState): Fabric {
  const fabric = FABRICS.get(array) ?? new Fabric();
  if (!FABRICS.has(array)) fabric.take(array);
  return fabric;
}

interface Due {
  readonly at: number;
  run(): void;
}

/**
 * Arrays that replicate to each other, and what time does to them: scheduled points, transfers, retention, eradication.
 * Nothing runs by itself. Whoever looks at an array first lets everything that was due until now happen, in order of
 * time, so that a virtual clock has no timer to wait for.
 */
export class Fabric {
  readonly arrays: ArrayState[] = [];
  readonly links: Link[] = [];
  #isSettling = false;
  #settledAt = 0;

  take(array: ArrayState): void {
    this.arrays.push(array);
    FABRICS.set(array, this);
  }

  /** Takes over the arrays and links of another fabric. */
  merge(other: Fabric): void {
    if (other === this) return;
    for (const array of other.arrays) this.take(array);
    this.links.push(...other.links);
  }

  /** The link between two arrays, by names. */
  link(a: string, b: string): Link | undefined {
    const names = [a.toLowerCase(), b.toLowerCase()];
    return this.links.find(
      (link) => names.includes(link.a.name.toLowerCase()) && names.includes(link.b.name.toLowerCase()),
    );
  }

  array(name: string): ArrayState | undefined {
    return this.arrays.find((array) => array.name.toLowerCase() === name.toLowerCase());
  }

  /** Brings everything up to now. */
  settle(): void {
    const now = this.arrays[0]?.now() ?? 0;
    if (this.#isSettling) return;
    this.#isSettling = true;
    try {
      for (let due = this.#next(now); due; due = this.#next(now)) due.run();
      this.#settledAt = now;
    } finally {
      this.#isSettling = false;
    }
  }

  /** Changes a condition of arrays or links: what ran until now counts under the old one. */
  change(apply: () => void): void {
    this.settle();
    const now = this.arrays[0]?.now() ?? 0;
    for (const { transfer, array } of this.#transfers()) {
      transfer.elapsedMs = elapsedOf(transfer, now, this.#carries(array, transfer));
      transfer.since = now;
    }
    for (const array of this.arrays) for (const group of array.groups.all()) this.hear(array, group);
    apply();
    this.#judgePods(now);
    for (const array of this.arrays) for (const group of array.groups.all()) group.dueAt = undefined;
  }

  /** Bytes of a transfer that have crossed, and its progress from 0 to 1. */
  progressOf(array: ArrayState, transfer: StoredTransfer): number {
    if (isComplete(transfer)) return 1;
    const progress = elapsedOf(transfer, array.now(), this.#carries(array, transfer)) / transfer.durationMs;
    return Math.min(progress, this.link(array.name, transfer.target)?.stallAtProgress ?? 1, 0.999);
  }

  /** Sends a point to every allowed target that the group has. */
  send(array: ArrayState, point: StoredPoint, options: { at: number; isQueued: boolean; isScheduled: boolean }): void {
    for (const target of point.group.targets.values()) {
      const link = this.link(array.name, target.array);
      if (!link || !target.isAllowed) continue;
      const bytes = sizeOf(array, point, target.array);
      point.outgoing.push({
        id: array.random.uuid(),
        target: target.array,
        bytes,
        durationMs: link.durationOf(bytes),
        isQueued: options.isQueued,
        isScheduled: options.isScheduled,
        queuedAt: options.at,
        startedAt: undefined,
        completedAt: undefined,
        elapsedMs: 0,
        since: options.at,
      });
    }
    point.group.dueAt = undefined;
  }

  /** Lets a replicated-in group learn its members and schedule from the source, if the link carries. */
  hear(array: ArrayState, group: StoredGroup): void {
    if (!group.origin || !this.isOpen(array, group.origin.array)) return;
    const original = this.array(group.origin.array)?.groups.find(group.origin.group);
    if (original && original.destroyedAt === undefined) {
      group.heardMembers = [...original.members].map((volume) => volume.name);
      Object.assign(group.replicationSchedule, original.replicationSchedule);
    }
  }

  /** Whether replication flows between an array and another now. */
  isOpen(array: ArrayState, other: string): boolean {
    const link = this.link(array.name, other);
    return Boolean(link?.isUp && link.a.isUp && link.b.isUp);
  }

  /** Drops what is under way to a target, with its partial data. */
  cancel(group: StoredGroup, targetName: string): void {
    const target = this.array(targetName);
    for (const point of group.points.values()) {
      for (const [index, transfer] of [...point.outgoing.entries()].reverse()) {
        if (transfer.target !== targetName || isComplete(transfer)) continue;
        point.outgoing.splice(index, 1);
        const mirrored = target && [...target.points.all()].find((other) => other.incoming === transfer);
        if (target && mirrored) removePoint(target, mirrored);
      }
    }
    group.dueAt = undefined;
  }

  #next(now: number): Due | undefined {
    let first = this.#podDue(now);
    for (const array of this.arrays) {
      for (const group of array.groups.all()) {
        // Nothing happens to what an array holds of a pod while another one goes on with it.
        if (array.pods.size > 0 && (array.halfOf(group.name)?.status ?? "online") !== "online") continue;
        group.dueAt ??= earliest(this.#agenda(array, group))?.at ?? Number.POSITIVE_INFINITY;
        if (group.dueAt > now || (first && group.dueAt >= first.at)) continue;
        first = { at: group.dueAt, run: () => this.#runGroup(array, group, now) };
      }
      const bin = binDue(array);
      if (bin && bin.at <= now && (!first || bin.at < first.at)) first = bin;
    }
    return first;
  }

  #podDue(now: number): Due | undefined {
    const due: Due[] = [];
    for (const array of this.arrays) {
      for (const pod of array.pods.all()) {
        const gone = array.eradicationOf(pod);
        if (gone !== undefined && gone <= now) due.push({ at: gone, run: () => removePod(array, pod) });
        const behind = pod.halves.find(({ resync }) => resync !== undefined);
        const other = pod.halves.find((half) => half !== behind);
        if (!behind?.resync || !other) continue;
        const at = behind.resync.since + behind.resync.durationMs;
        if (at <= now) due.push({ at, run: () => join(behind, other) });
      }
    }
    return earliest(due);
  }

  /** Lets every stretched pod answer to the state of its arrays and their link. */
  #judgePods(now: number): void {
    for (const pod of new Set(this.arrays.flatMap((array) => [...array.pods.all()]))) {
      const [first, second] = pod.halves;
      const link = first && second && this.link(first.array.name, second.array.name);
      if (!link || !first || !second) continue;
      judge(pod, { isOpen: this.isOpen(first.array, second.array.name), resyncMs: link.resyncMs, now });
    }
  }

  #runGroup(array: ArrayState, group: StoredGroup, now: number): void {
    const due = earliest(this.#agenda(array, group));
    group.dueAt = undefined;
    if (due && due.at <= now) due.run();
  }

  #agenda(array: ArrayState, group: StoredGroup): Due[] {
    const agenda: Due[] = [];
    const add = (at: number | undefined, run: () => void) => {
      if (at !== undefined) agenda.push({ at, run });
    };
    const gone = array.eradicationOf(group);
    add(gone, () => removeGroup(array, group));
    if (group.destroyedAt === undefined && !group.origin && array.isUp) {
      this.#addAppearances(array, group, add);
      this.#addSchedules(array, group, add);
    }
    for (const point of group.points.values()) {
      if (gone === undefined) add(array.eradicationOf(point), () => removePoint(array, point));
      for (const transfer of point.outgoing) this.#addTransfer(array, point, transfer, add);
    }
    this.#addRetention(group, add);
    return agenda;
  }

  #addAppearances(array: ArrayState, group: StoredGroup, add: (at: number, run: () => void) => void): void {
    for (const target of group.targets.values()) {
      const other = this.array(target.array);
      if (target.hasAppeared || !other || !this.isOpen(array, target.array)) continue;
      add(target.appearsAt, () => {
        target.hasAppeared = true;
        const name = replicaName(array.name, group.name);
        if (!other.groups.find(name)) createGroup(other, name, { array: array.name, group: group.name });
      });
    }
  }

  #addSchedules(array: ArrayState, group: StoredGroup, add: (at: number, run: () => void) => void): void {
    const replication = group.replicationSchedule;
    if (replication.enabled && group.nextPointAt !== undefined && !this.#isSending(group)) {
      const at = Math.max(group.nextPointAt, lastEnd(group));
      add(at, () => {
        const point = cutPoint(array, group, { suffix: undefined, isRetained: true, at });
        this.send(array, point, { at, isQueued: true, isScheduled: true });
        group.nextPointAt = at + replication.frequency;
      });
    }
    const local = group.snapshotSchedule;
    const localAt = group.nextLocalPointAt;
    if (local.enabled && localAt !== undefined) {
      add(localAt, () => {
        cutPoint(array, group, { suffix: undefined, isRetained: true, at: localAt });
        group.nextLocalPointAt = localAt + local.frequency;
      });
    }
  }

  #isSending(group: StoredGroup): boolean {
    for (const point of group.points.values()) {
      if (point.outgoing.some((transfer) => transfer.isScheduled && !isComplete(transfer))) return true;
    }
    return false;
  }

  #addTransfer(
    array: ArrayState,
    point: StoredPoint,
    transfer: StoredTransfer,
    add: (at: number, run: () => void) => void,
  ): void {
    if (isComplete(transfer) || !this.#carries(array, transfer)) return;
    if (transfer.startedAt === undefined) {
      if (transfer.isQueued && hasEarlier(point, transfer)) return;
      const at = Math.max(transfer.queuedAt, transfer.since, transfer.isQueued ? lastEnd(point.group) : 0);
      add(at, () => this.#start(array, point, transfer, at));
      return;
    }
    if (this.link(array.name, transfer.target)?.stallAtProgress !== undefined) return;
    const at = transfer.since + transfer.durationMs - transfer.elapsedMs;
    add(at, () => {
      transfer.completedAt = at;
      transfer.elapsedMs = transfer.durationMs;
      const replica = this.array(transfer.target)?.groups.find(replicaName(array.name, point.group.name));
      if (replica) replica.dueAt = undefined;
    });
  }

  #start(array: ArrayState, point: StoredPoint, transfer: StoredTransfer, at: number): void {
    transfer.startedAt = at;
    transfer.since = at;
    const target = this.array(transfer.target);
    const replica = target?.groups.find(replicaName(array.name, point.group.name));
    if (!target || !replica || target.points.find(`${replica.name}.${point.suffix}`)) return;
    mirrorPoint(target, replica, { point, incoming: transfer, from: array });
    replica.targetRetention = point.group.targetRetention;
  }

  #addRetention(group: StoredGroup, add: (at: number, run: () => void) => void): void {
    const expiry = nextExpiry(retainedPoints(group), group.origin ? group.targetRetention : group.sourceRetention);
    if (!expiry) return;
    // Shortened retention reaches back, but what it gives up goes at the change, not before.
    const at = Math.max(expiry.at, this.#settledAt);
    add(at, () => setPointDestroyed(expiry.point, true, at));
  }

  #carries(array: ArrayState, transfer: StoredTransfer): boolean {
    return this.isOpen(array, transfer.target);
  }

  *#transfers(): Generator<{ array: ArrayState; transfer: StoredTransfer }> {
    for (const array of this.arrays) {
      for (const point of array.points.all()) for (const transfer of point.outgoing) yield { array, transfer };
    }
  }
}

function binDue(array: ArrayState): Due | undefined {
  const first: Due[] = [];
  for (const { bin } of array.allContents()) {
    for (const object of bin) {
      const at = array.eradicationOf(object) ?? Number.POSITIVE_INFINITY;
      // The bin is in order of destruction and one delay holds for all, so its first object goes first.
      first.push({ at, run: () => ("suffix" in object ? removeSnapshot(array, object) : removeVolume(array, object)) });
      break;
    }
  }
  return earliest(first);
}

function earliest(agenda: readonly Due[]): Due | undefined {
  let first: Due | undefined;
  for (const due of agenda) if (!first || due.at < first.at) first = due;
  return first;
}
