import { isSameMarker, markerName, parseMarkerName, shortGroupId } from "../names.ts";
import type { ArrayVolume, Marker } from "../storage-array.ts";
import type { Volumes } from "./volumes.ts";

const MARKER_BYTES = 2 ** 20;

interface FoundMarker {
  readonly marker: Marker;
  readonly volume: ArrayVolume;
}

/** Markers: volumes whose names are the state of a protection group. A rename is the compare-and-swap. */
export class Markers {
  readonly #volumes: Volumes;

  constructor(volumes: Volumes) {
    this.#volumes = volumes;
  }

  async read(groupId: string): Promise<Marker | undefined> {
    return (await this.#all(groupId))[0]?.marker;
  }

  async readAll(groupIds: readonly string[]): Promise<ReadonlyMap<string, Marker>> {
    if (groupIds.length === 0) return new Map();
    const byGroup = Map.groupBy(await this.#volumes.findByPrefix("protector-"), ({ name }) => name.split("-")[1] ?? "");
    return new Map(
      groupIds.flatMap((groupId) => {
        const [first] = ranked(groupId, byGroup.get(shortGroupId(groupId)) ?? []);
        return first ? [[groupId, first.marker] as const] : [];
      }),
    );
  }

  /** Two engines may make differing markers at once: both then keep the one that ranks first and drop the other. */
  async ensure(marker: Marker): Promise<Marker> {
    const standing = await this.read(marker.groupId);
    if (standing) return standing;
    const name = markerName(marker);
    const made = await this.#volumes.ensure(name, { kind: "blank", bytes: MARKER_BYTES });
    const all = await this.#all(marker.groupId);
    const [first] = all;
    if (first && first.volume.id !== made.id) await this.#volumes.destroy(name, made.id);
    return first?.marker ?? marker;
  }

  async swap(from: Marker, to: Marker): Promise<Marker | undefined> {
    const [before, after] = [markerName(from), markerName(to)];
    if (before !== after && !(await this.#volumes.tryRename(before, after))) {
      const standing = await this.read(from.groupId);
      const isInTheWay = standing && isSameMarker(standing, from) && (await this.#volumes.freeName(after));
      if (!isInTheWay) return standing;
      await this.#volumes.tryRename(before, after);
    }
    return this.read(from.groupId);
  }

  async destroy(groupId: string): Promise<void> {
    for (const { volume } of await this.#all(groupId)) await this.#volumes.destroy(volume.name, volume.id);
  }

  /** Highest epoch first, then the oldest: every reader ranks them the same. */
  async #all(groupId: string): Promise<readonly FoundMarker[]> {
    return ranked(groupId, await this.#volumes.findByPrefix(`protector-${shortGroupId(groupId)}-e`));
  }
}

function ranked(groupId: string, volumes: readonly ArrayVolume[]): readonly FoundMarker[] {
  const found = volumes.flatMap((volume) => {
    const marker = parseMarkerName(groupId, volume.name);
    return marker ? [{ marker, volume }] : [];
  });
  return found.sort(
    (a, b) =>
      b.marker.epoch - a.marker.epoch ||
      a.volume.createdAt - b.volume.createdAt ||
      (a.volume.id < b.volume.id ? -1 : 1),
  );
}
