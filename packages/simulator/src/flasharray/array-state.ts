import type { Clock, Random } from "@protector/ports";
import { type BytesOwner, NO_BYTES, type VolumeBytes } from "../content/volume-bytes.ts";
import { type ArrayMemory, memoryOf, resume } from "./array-memory.ts";
import { ArrayError } from "./block-array.ts";
import { Contents } from "./contents.ts";
import { NamedObjects, podIn } from "./named-objects.ts";
import type {
  Problem,
  StoredGroup,
  StoredHalf,
  StoredHost,
  StoredPod,
  StoredPoint,
  StoredSnapshot,
  StoredVolume,
} from "./objects.ts";

const DAY_MS = 86_400_000;

/** `flummoxed`: it talks to another mediator than the pod's. Only `online` decides anything. */
export type MediatorStatus = "online" | "unreachable" | "flummoxed";

/** What an array has and how it is set up. */
export interface ArraySettings {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Usable bytes; default 100 TiB. */
  readonly capacityBytes?: number;
  /** ms by which the array's clock is ahead of the world's; default 0. */
  readonly clockSkewMs?: number;
  /** ms that destroyed objects stay recoverable; default one day. */
  readonly eradicationDelayMs?: number;
  /** SafeMode: nobody can eradicate by hand; default false. */
  readonly isSafeMode?: boolean;
  /** Most volumes, live and destroyed; default 20000. */
  readonly volumeLimit?: number;
  /** Shortest replication or snapshot interval in ms that the array takes; default five minutes. */
  readonly shortestIntervalMs?: number;
  /** Where the volumes' bytes are; default: nowhere, volumes hold the log of their writes only. */
  readonly bytes?: VolumeBytes;
}

/** The objects of one array. Only data and look-ups: what happens to them is in the modules beside. */
export class ArrayState {
  readonly name: string;
  readonly random: Random;
  readonly clockSkewMs: number;
  capacityBytes: number;
  eradicationDelayMs: number;
  isSafeMode: boolean;
  volumeLimit: number;
  readonly shortestIntervalMs: number;
  readonly bytes: VolumeBytes;
  isUp = true;
  /** Bytes over the wire per guest write, and per volume that the target has never had. */
  writeBytes = 65_536;
  seedBytes = 2 ** 20;
  /** Volumes, groups and snapshots outside of pods. */
  readonly own: Contents;
  readonly pods = new NamedObjects<StoredPod>("Pod");
  /** Those in pods too, as are snapshots, groups and points. */
  readonly volumes: NamedObjects<StoredVolume>;
  readonly snapshots: NamedObjects<StoredSnapshot>;
  readonly groups: NamedObjects<StoredGroup>;
  readonly points: NamedObjects<StoredPoint>;
  /** What the array hears of the mediator, which decides when the arrays of a pod lose each other. */
  mediator: MediatorStatus = "online";
  /** LUN by host name, by volume id: an array's own, also for volumes that another array has as well. */
  readonly connections = new Map<string, Map<string, number>>();
  /** By lower-case name. */
  readonly hosts = new Map<string, StoredHost>();
  /** Names of the groups that new volumes are put into unless the caller declines. */
  defaultProtection: string[] = [];
  readonly problems: Problem[] = [];
  readonly #clock: Clock;
  #id: string;
  #serials = 0;
  #suffixes = 0;

  constructor(settings: ArraySettings) {
    this.#id = settings.random.uuid();
    this.name = settings.name;
    this.own = new Contents(settings.name, {
      volumes: () => this.#inPods("volumes"),
      snapshots: () => this.#inPods("snapshots"),
      groups: () => this.#inPods("groups"),
      points: () => this.#inPods("points"),
    });
    ({ volumes: this.volumes, snapshots: this.snapshots, groups: this.groups, points: this.points } = this.own);
    this.random = settings.random;
    this.#clock = settings.clock;
    this.clockSkewMs = settings.clockSkewMs ?? 0;
    this.capacityBytes = settings.capacityBytes ?? 100 * 2 ** 40;
    this.eradicationDelayMs = settings.eradicationDelayMs ?? DAY_MS;
    this.isSafeMode = settings.isSafeMode ?? false;
    this.volumeLimit = settings.volumeLimit ?? 20_000;
    this.shortestIntervalMs = settings.shortestIntervalMs ?? 300_000;
    this.bytes = settings.bytes ?? NO_BYTES;
  }

  get id(): string {
    return this.#id;
  }

  /** What it has to know after a restart. The objects are its own, not copies. */
  get memory(): ArrayMemory {
    return {
      name: this.name,
      id: this.id,
      serials: this.#serials,
      suffixes: this.#suffixes,
      own: this.own.memory,
      pods: [...this.pods.all()].filter((pod) => pod.halves[0]?.array === this).map(memoryOf),
      connections: this.connections,
      hosts: [...this.hosts.values()],
      defaultProtection: this.defaultProtection,
      problems: this.problems,
    };
  }

  /** Makes an empty array the one that it was before a restart; it has to be linked with its others by then. */
  recall(memory: ArrayMemory): void {
    this.#id = memory.id;
    resume(memory, this.now());
    this.#serials = memory.serials;
    this.#suffixes = memory.suffixes;
    this.own.recall(memory.own);
    for (const [volume, hosts] of memory.connections) this.connections.set(volume, hosts);
    for (const host of memory.hosts) this.hosts.set(host.name.toLowerCase(), host);
    this.defaultProtection = [...memory.defaultProtection];
    this.problems.push(...memory.problems);
  }

  /** World time in ms. */
  now(): number {
    return this.#clock.now();
  }

  /** A world time as this array's clock shows it. */
  stamp(at: number): number {
    return at + this.clockSkewMs;
  }

  nextSerial(): string {
    this.#serials += 1;
    const prefix = this.#id.replaceAll("-", "").slice(0, 16).toUpperCase();
    return prefix + (0x11000 + this.#serials).toString(16).toUpperCase().padStart(8, "0");
  }

  /** Whose bytes those of an object of this array are. Arrays that share a pod share the bytes of what is in it. */
  owner(object: { readonly serial: string; readonly name: string }): BytesOwner {
    return { array: this.contentsOf(object.name).keeper, serial: object.serial };
  }

  /** Where an object of that name is. */
  contentsOf(name: string): Contents {
    return this.halfOf(name)?.contents ?? this.own;
  }

  /** The pod that a name says its object is in; undefined for names outside of pods. */
  podOf(name: string): StoredPod | undefined {
    const pod = podIn(name);
    return pod === undefined ? undefined : this.pods.find(pod);
  }

  /** This array's half of that pod. */
  halfOf(name: string): StoredHalf | undefined {
    return this.podOf(name)?.halves.find((half) => half.array === this);
  }

  /** All contents that this array has. */
  *allContents(): IterableIterator<Contents> {
    yield this.own;
    for (const pod of this.pods.all()) {
      for (const half of pod.halves) if (half.array === this) yield half.contents;
    }
  }

  #inPods<K extends "volumes" | "snapshots" | "groups" | "points">(kind: K): ReadonlyMap<string, Contents[K]> {
    const found = new Map<string, Contents[K]>();
    if (this.pods.size === 0) return found;
    for (const pod of this.pods.all()) {
      const half = pod.halves.find(({ array }) => array === this);
      if (half) found.set(pod.name.toLowerCase(), half.contents[kind]);
    }
    return found;
  }

  /** Suffix of a snapshot that nobody named. */
  nextSuffix(): string {
    this.#suffixes += 1;
    return String(this.#suffixes);
  }

  /** When a destroyed object goes for good; undefined while it lives. */
  eradicationOf(object: StoredVolume | StoredSnapshot | StoredGroup | StoredPoint | StoredPod): number | undefined {
    if (object.destroyedAt === undefined) return undefined;
    const own = "eradicationDelayMs" in object ? object.eradicationDelayMs : undefined;
    return object.destroyedAt + (own ?? this.eradicationDelayMs);
  }

  /** @throws ArrayError while SafeMode forbids eradication by hand. */
  requireEradication(): void {
    if (this.isSafeMode) throw new ArrayError(null, "Eradication is disabled.");
  }

  usedBytes(): number {
    let used = 0;
    for (const volume of this.volumes.all()) used += 2 ** 20 + volume.content.length * 65_536;
    return used;
  }
}
