import { isSameMarker, markerName, parseMarkerName } from "../names.ts";
import type {
  ArrayHealth,
  ArrayIdentity,
  ArrayVolume,
  CloneRequest,
  Marker,
  PointQuestion,
  PointSource,
  ReplicationSettings,
  StorageArray,
  VolumeConnection,
  VolumeStandIn,
} from "../storage-array.ts";
import * as groups from "./groups.ts";
import { linkOf, type MockArrays, type MockState } from "./mock-state.ts";
import { type MockPorts, MockStore } from "./mock-store.ts";
import * as pods from "./pods.ts";
import * as points from "./points.ts";
import { refuse } from "./refusal.ts";
import { cut, liveVolume } from "./settle.ts";
import * as volumes from "./volumes.ts";

const MARKER_BYTES = 2 ** 20;
/** What a mock array says it could hold; nothing is ever stored. */
const CAPACITY_BYTES = 2 ** 50;

/** One mock array: the file `NAME.sqlite` of the directory. All arrays of a directory are connected to each other. */
export class MockArray implements StorageArray {
  readonly holdsData = false;
  readonly #ports: MockPorts;
  readonly #store: MockStore;
  readonly #name: string;

  constructor(ports: MockPorts, name: string) {
    this.#ports = ports;
    this.#store = new MockStore(ports);
    this.#name = name;
  }

  /** Each call is one transaction; what it throws changed nothing. */
  async #do<T>(work: (state: MockState, arrays: MockArrays) => T): Promise<T> {
    return this.#store.change(this.#name, (arrays, state) => work(state, arrays));
  }

  identify(): Promise<ArrayIdentity> {
    return this.#do(({ id }) => ({ id, name: this.#name, model: "mock", version: "1", apiVersion: "1" }));
  }

  /** A file needs no token. */
  async tokenEndsAt(): Promise<undefined> {}

  health(): Promise<ArrayHealth> {
    return this.#do((state, arrays) => ({
      capacityBytes: CAPACITY_BYTES,
      usedBytes: state.volumes.filter((volume) => !volume.isDestroyed).reduce((sum, each) => sum + each.bytes, 0),
      connections: [...arrays].flatMap(([array, other]) => {
        if (array === this.#name) return [];
        const isUp = linkOf(state, array).isUp && linkOf(other, this.#name).isUp;
        return [{ array, status: isUp ? ("connected" as const) : ("disconnected" as const) }];
      }),
    }));
  }

  enrol(standIns: readonly VolumeStandIn[]): Promise<void> {
    return this.#do((state) => {
      for (const { name, bytes } of standIns) {
        const standing = liveVolume(state, name);
        if (standing?.bytes === bytes) continue;
        // A volume that was grown in Cinder: what is known of it stays.
        if (standing) state.volumes[state.volumes.indexOf(standing)] = { ...standing, bytes };
        else volumes.ensureVolume(state, { ...this.#new(), name, bytes, content: name });
      }
    });
  }

  findVolume(name: string): Promise<ArrayVolume | undefined> {
    return this.#do((state) => {
      const volume = liveVolume(state, name);
      return volume && volumes.volumeView(volume);
    });
  }

  findVolumes(names: readonly string[]): Promise<readonly ArrayVolume[]> {
    return this.#do((state) => {
      const wanted = new Set(names.map((name) => name.toLowerCase()));
      const found = state.volumes.filter((volume) => !volume.isDestroyed && wanted.has(volume.name.toLowerCase()));
      return found.map(volumes.volumeView);
    });
  }

  connectionsOf(names: readonly string[]) {
    return this.#do((state) => volumes.connectionsOf(state, names));
  }

  disconnect({ volume, host }: VolumeConnection): Promise<void> {
    return this.#do((state) => {
      const standing = liveVolume(state, volume);
      if (standing) standing.hosts = standing.hosts.filter((each) => each !== host);
    });
  }

  findPod(name: string) {
    return this.#do((state) => pods.findPod(state, name, this.#store.now));
  }

  findGroup(name: string) {
    return this.#do((state) => groups.findGroup(state, name));
  }

  readReplication(names: readonly string[]) {
    return this.#do((state) => {
      const found = names.map((name) => [name, groups.findGroup(state, name)] as const);
      return new Map(found.flatMap(([name, group]) => (group ? [[name, group.replication] as const] : [])));
    });
  }

  ensureGroup(name: string) {
    return this.#do((state) => groups.ensureGroup(state, name, this.#store.now));
  }

  setMembers(group: string, names: readonly string[]) {
    return this.#do((state) => groups.setMembers(state, group, names));
  }

  ensureTarget(group: string, target: string) {
    return this.#do((state, arrays) => groups.ensureTarget({ arrays, state, now: this.#store.now }, group, target));
  }

  removeTarget(group: string, target: string) {
    return this.#do((state) => groups.removeTarget(state, group, target));
  }

  allowReplicationFrom(source: string, group: string) {
    return this.#do((state) => groups.allow(state, source, group));
  }

  disallowReplicationFrom(source: string, group: string) {
    return this.#do((state) => groups.disallow(state, source, group));
  }

  setReplication(group: string, settings: ReplicationSettings) {
    return this.#do((state) => groups.setReplication(groups.requireGroup(state, group), settings, this.#store.now));
  }

  destroyGroup(name: string) {
    return this.#do((state) => groups.destroyGroup(state, name));
  }

  replicateNow(group: string, suffix: string) {
    return this.#do((state, arrays) => {
      points.requireSuffix(suffix);
      const source = { group, array: undefined };
      const made = groups.requireGroup(state, group);
      const sameName = made.points.find((point) => point.suffix === suffix);
      if (sameName?.isDestroyed) throw refuseDestroyed(group, suffix);
      const at = this.#store.now;
      if (!sameName) cut(arrays, { name: this.#name, state }, made, { suffix, at, isScheduled: false });
      const point = points.pointOf(state, source, suffix);
      if (!point) throw refuseDestroyed(group, suffix);
      return point;
    });
  }

  listRecoveryPoints(source: PointSource) {
    return this.#do((state) => points.pointsOf(state, source));
  }

  listRecoveryPointsOf(sources: readonly PointSource[]) {
    return this.#do(
      (state) => new Map(sources.map((source) => [source.group, points.pointsOf(state, source)] as const)),
    );
  }

  findRecoveryPoint(source: PointSource, suffix: string) {
    return this.#do((state) => points.pointOf(state, source, suffix));
  }

  findRecoveryPoints(asked: readonly PointQuestion[]) {
    return this.#do((state) => asked.map(({ source, suffix }) => points.pointOf(state, source, suffix)));
  }

  volumesOfPoint(source: PointSource, suffix: string) {
    return this.#do((state) => points.volumesOf(state, source, suffix));
  }

  destroyRecoveryPoint(source: PointSource, suffix: string) {
    return this.#do((state) => points.destroyPoint(state, source, suffix));
  }

  ensureVolumeSnapshot(volume: string, suffix: string): Promise<void> {
    return this.#do((state) => {
      points.requireSuffix(suffix);
      pods.requireServing(state, volume);
      const standing = liveVolume(state, volume);
      if (!standing) throw refuse("snapshot volume", `volume ${volume} does not exist`);
      const name = `${standing.name}.${suffix}`;
      if (state.snapshots.some((snapshot) => snapshot.name === name)) return;
      state.snapshots.push({ name, bytes: standing.bytes, content: standing.content });
    });
  }

  destroyVolumeSnapshot(volume: string, suffix: string): Promise<void> {
    return this.#do((state) => {
      points.requireSuffix(suffix);
      pods.requireServing(state, volume);
      const name = `${volume}.${suffix}`;
      state.snapshots = state.snapshots.filter((snapshot) => snapshot.name !== name);
    });
  }

  ensureClone({ source, suffix, sourceVolume, name }: CloneRequest): Promise<ArrayVolume> {
    return this.#do((state) => {
      const held = points.heldBy(state, source, { suffix, volume: sourceVolume });
      if (held) {
        const { bytes, content } = held;
        return volumes.volumeView(volumes.ensureVolume(state, { ...this.#new(), name, bytes, content }));
      }
      // A clone that was made before its point went is whole: repeating the call still finds it.
      const standing = liveVolume(state, name);
      if (standing) return volumes.volumeView(standing);
      throw refuse("clone volume", `point ${suffix} of ${source.group} does not hold volume ${sourceVolume}`);
    });
  }

  overwrite(volume: string, source: string) {
    return this.#do((state) => volumes.overwrite(state, volume, source));
  }

  renameVolume(from: string, to: string) {
    return this.#do((state) => volumes.renameVolume(state, from, to));
  }

  destroyVolume(name: string, id?: string) {
    return this.#do((state) => volumes.destroyVolume(state, name, id));
  }

  readMarker(groupId: string) {
    return this.#do((state) => markerIn(state, groupId));
  }

  readMarkers(groupIds: readonly string[]): Promise<ReadonlyMap<string, Marker>> {
    return this.#do((state) => {
      const found = groupIds.map((groupId) => [groupId, markerIn(state, groupId)] as const);
      return new Map(found.flatMap(([groupId, marker]) => (marker ? [[groupId, marker] as const] : [])));
    });
  }

  ensureMarker(marker: Marker): Promise<Marker> {
    return this.#do((state) => {
      const standing = markerIn(state, marker.groupId);
      if (standing) return standing;
      volumes.ensureVolume(state, { ...this.#new(), name: markerName(marker), bytes: MARKER_BYTES, content: "" });
      return marker;
    });
  }

  swapMarker(from: Marker, to: Marker): Promise<Marker | undefined> {
    return this.#do((state) => {
      const standing = markerIn(state, from.groupId);
      if (standing && isSameMarker(standing, from) && !isSameMarker(from, to)) {
        volumes.renameVolume(state, markerName(from), markerName(to));
      }
      return markerIn(state, from.groupId);
    });
  }

  destroyMarker(groupId: string): Promise<void> {
    return this.#do((state) => {
      const standing = markerIn(state, groupId);
      if (standing) volumes.destroyVolume(state, markerName(standing));
    });
  }

  /** Nothing is held open between two calls. */
  async close(): Promise<void> {}

  #new() {
    return { newId: () => this.#ports.random.uuid(), now: this.#store.now };
  }
}

function markerIn(state: MockState, groupId: string): Marker | undefined {
  for (const volume of state.volumes) {
    const marker = volume.isDestroyed ? undefined : parseMarkerName(groupId, volume.name);
    if (marker) return marker;
  }
  return undefined;
}

function refuseDestroyed(group: string, suffix: string) {
  return refuse("cut point", `snapshot ${group}.${suffix} has been destroyed`);
}
