import type { Clock, Random } from "@protector/ports";
import { type BytesOwner, NO_BYTES, type VolumeBytes } from "../content/volume-bytes.ts";
import { type ArrayMemory, resume } from "./array-memory.ts";
import { ArrayError } from "./block-array.ts";
import { NamedObjects } from "./named-objects.ts";
import type { Problem, StoredGroup, StoredHost, StoredPoint, StoredSnapshot, StoredVolume } from "./objects.ts";

const DAY_MS = 86_400_000;

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
  readonly volumes = new NamedObjects<StoredVolume>("Volume");
  readonly snapshots = new NamedObjects<StoredSnapshot>("Volume snapshot");
  readonly groups = new NamedObjects<StoredGroup>("Protection group");
  readonly points = new NamedObjects<StoredPoint>("Protection group snapshot");
  /** By lower-case name. */
  readonly hosts = new Map<string, StoredHost>();
  /** Names of the groups that new volumes are put into unless the caller declines. */
  defaultProtection: string[] = [];
  readonly problems: Problem[] = [];
  /** Destroyed volumes and volume snapshots that wait for their eradication. */
  readonly bin = new Set<StoredVolume | StoredSnapshot>();
  readonly #clock: Clock;
  #id: string;
  #serials = 0;
  #suffixes = 0;

  constructor(settings: ArraySettings) {
    this.#id = settings.random.uuid();
    this.name = settings.name;
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
      volumes: [...this.volumes.all()],
      snapshots: [...this.snapshots.all()],
      groups: [...this.groups.all()],
      points: [...this.points.all()],
      hosts: [...this.hosts.values()],
      defaultProtection: this.defaultProtection,
      problems: this.problems,
      bin: [...this.bin],
    };
  }

  /** Makes an empty array the one that it was before a restart; it has to be linked with its others by then. */
  recall(memory: ArrayMemory): void {
    this.#id = memory.id;
    resume(memory, this.now());
    this.#serials = memory.serials;
    this.#suffixes = memory.suffixes;
    for (const volume of memory.volumes) this.volumes.add(volume);
    for (const snapshot of memory.snapshots) this.snapshots.add(snapshot);
    for (const group of memory.groups) this.groups.add(group);
    for (const point of memory.points) this.points.add(point);
    for (const host of memory.hosts) this.hosts.set(host.name.toLowerCase(), host);
    this.defaultProtection = [...memory.defaultProtection];
    this.problems.push(...memory.problems);
    for (const object of memory.bin) this.bin.add(object);
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

  /** Whose bytes those of an object of this array are. */
  owner(object: { readonly serial: string }): BytesOwner {
    return { array: this.name, serial: object.serial };
  }

  /** Suffix of a snapshot that nobody named. */
  nextSuffix(): string {
    this.#suffixes += 1;
    return String(this.#suffixes);
  }

  /** When a destroyed object goes for good; undefined while it lives. */
  eradicationOf(object: StoredVolume | StoredSnapshot | StoredGroup | StoredPoint): number | undefined {
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
