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
} from "../storage-array.ts";
import { formatVersion } from "./api-version.ts";
import { FlashArrayError, refuse } from "./array-error.ts";
import { Groups } from "./groups.ts";
import { listAll } from "./listing.ts";
import { Markers } from "./markers.ts";
import { findPod } from "./pods.ts";
import { Points, requireSuffix } from "./points.ts";
import type { ArraySession } from "./session.ts";
import { Volumes } from "./volumes.ts";

interface ArrayRow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly capacity: number;
  readonly space?: { readonly total_physical?: number | null };
}

interface ControllerRow {
  readonly mode: string;
  readonly model: string | null;
}

/** Of each of the array's users. */
interface ApiTokenRow {
  readonly name: string;
  readonly api_token?: { readonly expires_at?: number | null };
}

interface ArrayConnectionRow {
  readonly name: string;
  readonly status: string;
}

/** One FlashArray over REST 2.x. */
export class FlashArray implements StorageArray {
  readonly holdsData = true;
  readonly #session: ArraySession;
  readonly #volumes: Volumes;
  readonly #groups: Groups;
  readonly #points: Points;
  readonly #markers: Markers;

  constructor(session: ArraySession) {
    this.#session = session;
    this.#volumes = new Volumes(session);
    this.#groups = new Groups(session);
    this.#points = new Points(session);
    this.#markers = new Markers(this.#volumes);
  }

  async identify(): Promise<ArrayIdentity> {
    const [array, controllers] = await Promise.all([
      this.#array(),
      listAll<ControllerRow>(this.#session, { path: "controllers", query: {}, sort: "name" }),
    ]);
    const controller = controllers.find((row) => row.mode === "primary") ?? controllers[0];
    return {
      id: array.id,
      name: array.name,
      model: controller?.model ?? "unknown",
      version: array.version,
      apiVersion: formatVersion(await this.#session.version()),
    };
  }

  async health(): Promise<ArrayHealth> {
    const [array, links] = await Promise.all([
      this.#array(),
      listAll<ArrayConnectionRow>(this.#session, { path: "array-connections", query: {}, sort: "name" }),
    ]);
    return {
      capacityBytes: array.capacity,
      usedBytes: array.space?.total_physical ?? 0,
      connections: links.map((link) => ({ array: link.name, status: linkStatus(link.status) })),
    };
  }

  async tokenEndsAt(): Promise<number | undefined> {
    const user = (await this.#session.userName())?.toLowerCase();
    const listing = { path: "admins/api-tokens", query: {}, sort: "name" };
    const rows = await listAll<ApiTokenRow>(this.#session, listing).catch((error: unknown) => {
      // A user may be kept from the list of users.
      if (error instanceof FlashArrayError && [403, 404].includes(error.failure.status ?? 0)) return [];
      throw error;
    });
    return rows.find(({ name }) => name.toLowerCase() === user)?.api_token?.expires_at ?? undefined;
  }

  async #array(): Promise<ArrayRow> {
    const [array] = await listAll<ArrayRow>(this.#session, { path: "arrays", query: {}, sort: "name" });
    if (!array) throw refuse("GET /arrays", "the array does not describe itself", "retryable");
    return array;
  }

  /** Cinder's volumes are here: the array knows them. */
  async enrol(): Promise<void> {}

  findVolume(name: string) {
    return this.#volumes.find(name);
  }

  findVolumes(names: readonly string[]) {
    return this.#volumes.findAll(names);
  }

  connectionsOf(volumes: readonly string[]) {
    return this.#volumes.connections(volumes);
  }

  disconnect(connection: VolumeConnection) {
    return this.#volumes.disconnect(connection);
  }

  findPod(name: string) {
    return findPod(this.#session, name);
  }

  findGroup(name: string) {
    return this.#groups.find(name);
  }

  readReplication(names: readonly string[]) {
    return this.#groups.replicationOf(names);
  }

  ensureGroup(name: string) {
    return this.#groups.ensure(name);
  }

  setMembers(group: string, volumes: readonly string[]) {
    return this.#groups.setMembers(group, volumes);
  }

  removeTarget(group: string, targetArray: string) {
    return this.#groups.removeTarget(group, targetArray);
  }

  ensureTarget(group: string, targetArray: string) {
    return this.#groups.ensureTarget(group, targetArray);
  }

  allowReplicationFrom(sourceArray: string, group: string) {
    return this.#groups.allow(sourceArray, group);
  }

  disallowReplicationFrom(sourceArray: string, group: string) {
    return this.#groups.disallow(sourceArray, group);
  }

  setReplication(group: string, settings: ReplicationSettings) {
    return this.#groups.setReplication(group, settings);
  }

  destroyGroup(name: string) {
    return this.#groups.destroy(name);
  }

  replicateNow(group: string, suffix: string) {
    return this.#points.replicateNow(group, suffix);
  }

  listRecoveryPoints(source: PointSource) {
    return this.#points.list(source);
  }

  listRecoveryPointsOf(sources: readonly PointSource[]) {
    return this.#points.listMany(sources);
  }

  findRecoveryPoint(source: PointSource, suffix: string) {
    return this.#points.find(source, suffix);
  }

  findRecoveryPoints(asked: readonly PointQuestion[]) {
    return this.#points.findMany(asked);
  }

  volumesOfPoint(source: PointSource, suffix: string) {
    return this.#points.volumes(source, suffix);
  }

  destroyRecoveryPoint(source: PointSource, suffix: string) {
    return this.#points.destroy(source, suffix);
  }

  async ensureVolumeSnapshot(volume: string, suffix: string): Promise<void> {
    requireSuffix(suffix);
    await this.#volumes.snapshot(volume, suffix);
  }

  async destroyVolumeSnapshot(volume: string, suffix: string): Promise<void> {
    requireSuffix(suffix);
    await this.#volumes.destroySnapshot(volume, suffix);
  }

  async ensureClone(request: CloneRequest): Promise<ArrayVolume> {
    const { source, suffix, sourceVolume, name } = request;
    const held = await this.#points.findVolume(source, suffix, sourceVolume);
    if (held) return this.#volumes.ensure(name, { kind: "copy", source: held.snapshot, bytes: held.bytes });
    // A clone that was made before its point went is whole: repeating the call still finds it.
    const standing = await this.#volumes.find(name);
    if (standing) return standing;
    throw refuse("POST /volumes", `point ${suffix} of ${source.group} does not hold volume ${sourceVolume}`);
  }

  overwrite(volume: string, source: string) {
    return this.#volumes.overwrite(volume, source);
  }

  renameVolume(from: string, to: string) {
    return this.#volumes.rename(from, to);
  }

  destroyVolume(name: string, id?: string) {
    return this.#volumes.destroy(name, id);
  }

  readMarker(groupId: string) {
    return this.#markers.read(groupId);
  }

  readMarkers(groupIds: readonly string[]) {
    return this.#markers.readAll(groupIds);
  }

  ensureMarker(marker: Marker) {
    return this.#markers.ensure(marker);
  }

  swapMarker(from: Marker, to: Marker) {
    return this.#markers.swap(from, to);
  }

  destroyMarker(groupId: string) {
    return this.#markers.destroy(groupId);
  }

  close() {
    return this.#session.close();
  }
}

/** A dead link shows as `connecting`: the array has no word for disconnected. */
function linkStatus(status: string): ArrayHealth["connections"][number]["status"] {
  if (status === "connected") return "connected";
  return status === "partially_connected" || status === "unbalanced" ? "degraded" : "disconnected";
}
