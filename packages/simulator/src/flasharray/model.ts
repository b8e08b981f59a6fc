import { append, type Content, type Write, writesOf } from "../content/content.ts";
import { type ArrayMemory, podOf } from "./array-memory.ts";
import { type ArraySettings, ArrayState, type MediatorStatus } from "./array-state.ts";
import { ArrayDownError, ArrayError, type ArrayVolumeView, type BlockArray } from "./block-array.ts";
import { hostsOf } from "./connections.ts";
import { type ArrayDescription, describeArray } from "./description.ts";
import { type Fabric, fabricOf } from "./fabric.ts";
import { addMember, createGroup, cutPoint, localGroup, removeMember, setGroupDestroyed } from "./groups.ts";
import { forceOnline, join } from "./halves.ts";
import { connectVolume, createHost, disconnectVolume } from "./hosts.ts";
import type { Problem, StoredVolume } from "./objects.ts";
import { requireServing } from "./pod-rules.ts";
import { createPod, stretchPod } from "./pods.ts";
import {
  cloneVolume,
  createVolume,
  destroySnapshot,
  destroyVolume,
  renameVolume,
  resizeVolume,
  snapshotVolume,
} from "./volumes.ts";

/** What the model has to know about its front end. */
export interface ModelSurroundings {
  readonly idleTimeoutMs: number;
  /** Told when the array is switched on or off, so that its front end stops answering. */
  readonly onPower: (isUp: boolean) => void;
}

/** One simulated array: its data path, its objects, and the switches that tests turn. */
export class FlashArrayModel implements BlockArray {
  /** The objects behind it; the REST front end and tests look in, everybody else uses the methods. */
  readonly state: ArrayState;
  /** ms that a session of its REST interface may be idle. */
  readonly idleTimeoutMs: number;
  readonly #onPower: (isUp: boolean) => void;

  constructor(settings: ArraySettings, surroundings: ModelSurroundings) {
    this.state = new ArrayState(settings);
    this.idleTimeoutMs = surroundings.idleTimeoutMs;
    this.#onPower = surroundings.onPower;
  }

  /** The arrays that it replicates with, and time's effect on them. */
  get fabric(): Fabric {
    return fabricOf(this.state);
  }

  get id(): string {
    return this.state.id;
  }

  get name(): string {
    return this.state.name;
  }

  get isUp(): boolean {
    return this.state.isUp;
  }

  set isUp(isUp: boolean) {
    this.fabric.change(() => {
      this.state.isUp = isUp;
    });
    this.#onPower(isUp);
  }

  /** What careless clients made the array do, oldest first. */
  get problems(): readonly Problem[] {
    return this.state.problems;
  }

  /** Groups that new volumes land in unless the caller declines; they must exist. Locked groups keep what is in them. */
  setDefaultProtection(groups: readonly string[], options: { readonly isLocked: boolean }): void {
    for (const name of groups) {
      const group = this.state.groups.find(name) ?? createGroup(this.state, name);
      if (options.isLocked) group.retentionLock = "ratcheted";
    }
    this.state.defaultProtection = [...groups];
  }

  /** SafeMode: whether eradication by hand is refused. */
  set isSafeMode(isSafeMode: boolean) {
    this.state.isSafeMode = isSafeMode;
  }

  /** Most volumes that fit, destroyed ones included. */
  set volumeLimit(limit: number) {
    this.state.volumeLimit = limit;
  }

  /** Brings back the pods that it made, on all of their arrays. Follows on the arrays' own memories. */
  recallPods(memory: ArrayMemory): void {
    const arrayNamed = (name: string) => {
      const array = this.fabric.array(name);
      if (!array) throw new Error(`no array ${name}`);
      return array;
    };
    this.fabric.change(() => {
      for (const each of memory.pods) {
        const pod = podOf(each, arrayNamed, this.state.now());
        for (const { array } of pod.halves) array.pods.add(pod);
      }
    });
  }

  /** What the array hears of the pods' mediator. */
  set mediator(mediator: MediatorStatus) {
    this.fabric.change(() => {
      this.state.mediator = mediator;
    });
  }

  serves(volume: string): boolean {
    this.fabric.settle();
    return this.isUp && (this.state.halfOf(volume)?.status ?? "online") === "online";
  }

  hasPod(name: string): boolean {
    this.#enter();
    const pod = this.state.pods.find(name);
    return pod !== undefined && pod.destroyedAt === undefined;
  }

  ensureStretchedPod(name: string, otherArray: string): void {
    this.#enter();
    const pod = this.state.pods.find(name);
    if (!pod) this.createPod(name);
    if ((pod?.halves.length ?? 1) < 2) this.stretchPod(name, otherArray);
  }

  createPod(name: string): void {
    this.#enter();
    createPod(this.state, name);
  }

  /** Stretches a pod that is in sync at once, as if done long ago. The arrays have to be linked for it. */
  stretchPod(name: string, other: string): void {
    this.#enter();
    const [own, far] = stretchPod(this.state, name, other).halves;
    if (own && far) join(far, own);
  }

  /** Which arrays are to stay online when they lose each other, best first. */
  preferForPod(name: string, arrays: readonly string[]): void {
    this.#enter();
    this.state.pods.live(name).failoverPreferences = [...arrays];
  }

  /** The array serves its half of a pod although the mediator chose the other one: split brain. */
  forcePodOnline(name: string): void {
    this.#enter();
    const { halves } = this.state.pods.live(name);
    const own = halves.find(({ array }) => array === this.state);
    const other = halves.find((half) => half !== own);
    if (own && other) forceOnline(own, other);
  }

  findVolume(name: string): ArrayVolumeView | undefined {
    this.#enter();
    const volume = this.state.volumes.find(name);
    return volume && viewOf(this.state, volume);
  }

  createVolume(name: string, bytes: number): void {
    this.#enter();
    createVolume(this.state, name, bytes);
  }

  cloneVolume(source: string, name: string): void {
    this.#enter();
    cloneVolume(this.state, source, name);
  }

  renameVolume(from: string, to: string): void {
    this.#enter();
    this.state.volumes.live(from);
    renameVolume(this.state, from, to);
  }

  growVolume(name: string, bytes: number): void {
    this.#enter();
    resizeVolume(this.state, name, bytes);
  }

  destroyVolume(name: string): void {
    this.#enter();
    destroyVolume(this.state, name);
  }

  snapshotVolume(volume: string, suffix: string): void {
    this.#enter();
    snapshotVolume(this.state, volume, suffix);
  }

  destroySnapshot(name: string): void {
    this.#enter();
    destroySnapshot(this.state, name);
  }

  /** Makes the host when the array does not know it. */
  connect(volume: string, host: string): void {
    this.#enter();
    if (!this.state.hosts.has(host.toLowerCase())) createHost(this.state, host);
    connectVolume(this.state, volume, host);
  }

  disconnect(volume: string, host: string): void {
    this.#enter();
    disconnectVolume(this.state, volume, host);
  }

  ensureGroup(name: string): void {
    this.#enter();
    if (this.state.groups.find(name)?.destroyedAt === undefined && this.state.groups.find(name)) return;
    createGroup(this.state, name);
  }

  addToGroup(group: string, volume: string): void {
    this.#enter();
    addMember(localGroup(this.state, group), this.state.volumes.live(volume));
  }

  removeFromGroup(group: string, volume: string): void {
    this.#enter();
    removeMember(localGroup(this.state, group), this.state.volumes.any(volume));
  }

  destroyGroup(name: string): void {
    this.#enter();
    setGroupDestroyed(this.state, this.state.groups.live(name), true);
  }

  snapshotGroup(group: string, suffix: string): void {
    this.#enter();
    cutPoint(this.state, localGroup(this.state, group), { suffix, isRetained: false });
  }

  write(volume: string, host: string, write: Write): void {
    this.#enter();
    const stored = this.state.volumes.live(volume);
    requireServing(this.state, volume);
    const hosts = hostsOf(this.state, stored).filter(({ isLocal }) => isLocal);
    const isConnected = hosts.some((each) => each.host.toLowerCase() === host.toLowerCase());
    if (!isConnected) throw new ArrayError(volume, `Volume is not connected to host ${host}.`);
    stored.content = append(stored.content, write);
  }

  content(volume: string): Content {
    this.#enter();
    return this.state.volumes.live(volume).content;
  }

  /** Writes in a volume snapshot, live or destroyed, oldest first. Works while the array is off: a test's own look. */
  writesOfSnapshot(name: string): readonly Write[] {
    this.fabric.settle();
    return writesOf(this.state.snapshots.any(name).content);
  }

  /** Writes in a volume, live or destroyed, oldest first. Works while the array is off. */
  writesOfVolume(name: string): readonly Write[] {
    this.fabric.settle();
    return writesOf(this.state.volumes.any(name).content);
  }

  /** The array's objects as plain data, in a fixed order and without random ids: equal worlds give equal descriptions. */
  describe(): ArrayDescription {
    this.fabric.settle();
    return describeArray(this.state, this.fabric);
  }

  #enter(): void {
    if (!this.isUp) throw new ArrayDownError(`array ${this.name} does not answer`);
    this.fabric.settle();
  }
}

function viewOf(state: ArrayState, volume: StoredVolume): ArrayVolumeView {
  return {
    name: volume.name,
    serial: volume.serial,
    bytes: volume.bytes,
    isDestroyed: volume.destroyedAt !== undefined,
    hosts: hostsOf(state, volume).map(({ host }) => host),
  };
}
