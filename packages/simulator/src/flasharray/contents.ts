import { NamedObjects, type ObjectsInPods } from "./named-objects.ts";
import type { StoredGroup, StoredPoint, StoredSnapshot, StoredVolume } from "./objects.ts";

interface InPods {
  readonly volumes: ObjectsInPods<StoredVolume>;
  readonly snapshots: ObjectsInPods<StoredSnapshot>;
  readonly groups: ObjectsInPods<StoredGroup>;
  readonly points: ObjectsInPods<StoredPoint>;
}

/** What {@link Contents} hold, as plain data. The objects are its own, not copies. */
export interface ContentsMemory {
  readonly keeper: string;
  readonly volumes: readonly StoredVolume[];
  readonly snapshots: readonly StoredSnapshot[];
  readonly groups: readonly StoredGroup[];
  readonly points: readonly StoredPoint[];
  readonly bin: readonly (StoredVolume | StoredSnapshot)[];
}

/** Volumes, groups and their snapshots: those of an array outside of pods, or those of a pod. */
export class Contents {
  /** Name of the array that has the bytes. */
  keeper: string;
  readonly volumes: NamedObjects<StoredVolume>;
  readonly snapshots: NamedObjects<StoredSnapshot>;
  readonly groups: NamedObjects<StoredGroup>;
  readonly points: NamedObjects<StoredPoint>;
  /** Destroyed volumes and volume snapshots that wait for their eradication. */
  readonly bin = new Set<StoredVolume | StoredSnapshot>();

  /** @param inPods what the pods of an array hold, which its own contents show as well; default: nothing. */
  constructor(keeper: string, inPods: Partial<InPods> = {}) {
    this.keeper = keeper;
    this.volumes = new NamedObjects("Volume", inPods.volumes);
    this.snapshots = new NamedObjects("Volume snapshot", inPods.snapshots);
    this.groups = new NamedObjects("Protection group", inPods.groups);
    this.points = new NamedObjects("Protection group snapshot", inPods.points);
  }

  get memory(): ContentsMemory {
    return {
      keeper: this.keeper,
      volumes: this.volumes.kept(),
      snapshots: this.snapshots.kept(),
      groups: this.groups.kept(),
      points: this.points.kept(),
      bin: [...this.bin],
    };
  }

  /** Fills empty contents with what they held before a restart. */
  recall(memory: ContentsMemory): void {
    this.keeper = memory.keeper;
    for (const volume of memory.volumes) this.volumes.add(volume);
    for (const snapshot of memory.snapshots) this.snapshots.add(snapshot);
    for (const group of memory.groups) this.groups.add(group);
    for (const point of memory.points) this.points.add(point);
    for (const object of memory.bin) this.bin.add(object);
  }

  get isEmpty(): boolean {
    const live = [...this.volumes.all(), ...this.groups.all()].filter((object) => object.destroyedAt === undefined);
    return live.length === 0;
  }

  /**
   * The same objects once more, by the same ids and serial numbers: what an array still has that lost the other one.
   * Transfers are left out, they go on from the other one.
   * @param pod another pod name for all of them.
   */
  copy(keeper: string, pod?: string): Contents {
    const copy = new Contents(keeper);
    const named = (name: string) => (pod === undefined ? name : name.replace(/^[^:]+(?=::)/, pod));
    const volumes = new Map<StoredVolume, StoredVolume>();
    const snapshots = new Map<StoredSnapshot, StoredSnapshot>();
    const groups = new Map<StoredGroup, StoredGroup>();
    const points = new Map<StoredPoint, StoredPoint>();
    for (const volume of this.volumes.all()) {
      volumes.set(volume, { ...volume, name: named(volume.name), ownSnapshots: new Set() });
    }
    for (const group of this.groups.all()) {
      const members = [...group.members].flatMap((volume) => volumes.get(volume) ?? []);
      groups.set(group, {
        ...group,
        name: named(group.name),
        members: new Set(members),
        targets: new Map(),
        points: new Map(),
        replicationSchedule: { ...group.replicationSchedule },
        snapshotSchedule: { ...group.snapshotSchedule },
        dueAt: undefined,
      });
    }
    for (const point of this.points.all()) {
      const group = groups.get(point.group);
      if (!group) continue;
      const twin: StoredPoint = { ...point, name: named(point.name), group, volumes: [], outgoing: [] };
      points.set(point, twin);
      group.points.set(point.suffix.toLowerCase(), twin);
    }
    for (const snapshot of this.snapshots.all()) {
      const volume = snapshot.volume && volumes.get(snapshot.volume);
      const point = snapshot.point && points.get(snapshot.point);
      const twin: StoredSnapshot = { ...snapshot, name: named(snapshot.name), volume, point };
      snapshots.set(snapshot, twin);
      volume?.ownSnapshots.add(twin);
      point?.volumes.push(twin);
    }
    for (const volume of volumes.values()) copy.volumes.add(volume);
    for (const group of groups.values()) copy.groups.add(group);
    for (const point of points.values()) copy.points.add(point);
    for (const snapshot of snapshots.values()) copy.snapshots.add(snapshot);
    for (const object of this.bin) {
      const twin = "suffix" in object ? snapshots.get(object) : volumes.get(object);
      if (twin) copy.bin.add(twin);
    }
    return copy;
  }

  /** Everything that has bytes. */
  *withBytes(): IterableIterator<StoredVolume | StoredSnapshot> {
    yield* this.volumes.all();
    yield* this.snapshots.all();
  }
}
