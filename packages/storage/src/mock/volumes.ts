import { podOf } from "../names.ts";
import type { ArrayVolume, VolumeConnection } from "../storage-array.ts";
import type { MockState, MockVolume } from "./mock-state.ts";
import { requireServing } from "./pods.ts";
import { refuse } from "./refusal.ts";
import { liveVolume } from "./settle.ts";

/** Volumes whose names begin so are Protector's own. */
const OWN_PREFIX = "protector-";

/** What a new volume is made of. */
export interface NewVolume {
  /** Asked only when one is made. */
  readonly newId: () => string;
  readonly now: number;
  readonly name: string;
  readonly bytes: number;
  readonly content: string;
}

/**
 * Makes a volume unless a live one of that name is there; a destroyed one of our own gives its name away.
 * @throws OutsideError `final` when the name is somebody else's.
 */
export function ensureVolume(state: MockState, { newId, now, name, bytes, content }: NewVolume): MockVolume {
  requireServing(state, name);
  const standing = liveVolume(state, name);
  if (standing && standing.bytes !== bytes) {
    throw refuse("create volume", `the name ${standing.name} is taken by a volume of ${standing.bytes} bytes`);
  }
  if (standing) return standing;
  freeName(state, name);
  const id = newId();
  const serial = id.replaceAll("-", "").slice(0, 24).toUpperCase();
  const made = { id, name, bytes, serial, createdAt: now, isDestroyed: false, hosts: [], content };
  state.volumes.push(made);
  return made;
}

/** Renames a destroyed volume of our own that holds a name. @throws OutsideError `final` when it is not ours. */
function freeName(state: MockState, name: string): void {
  const holder = state.volumes.find((volume) => volume.isDestroyed && volume.name === name);
  if (!holder) return;
  if (!name.startsWith(OWN_PREFIX)) {
    throw refuse("create volume", `the name ${name} is held by a destroyed volume that is not Protector's`);
  }
  holder.name = `${name.slice(0, 49)}-old-${holder.id.slice(0, 8)}`;
}

/** @throws OutsideError `final` unless exactly one of the names is a live volume's and the other one is free. */
export function renameVolume(state: MockState, from: string, to: string): void {
  requireServing(state, from);
  if (podOf(from) !== podOf(to)) throw refuse("rename volume", `${from} cannot be moved into or out of a pod`);
  const [before, after] = [liveVolume(state, from), liveVolume(state, to)];
  if (!before && after) return;
  if (!before) throw refuse("rename volume", `volume ${from} does not exist`);
  if (after) throw refuse("rename volume", `the name ${to} is taken`);
  freeName(state, to);
  before.name = to;
  for (const group of state.groups) group.members = group.members.map((member) => (member === from ? to : member));
}

/** @throws OutsideError `final` when a host is connected. */
export function destroyVolume(state: MockState, name: string, id?: string): void {
  requireServing(state, name);
  const volume = liveVolume(state, name);
  if (!volume || (id !== undefined && volume.id !== id)) return;
  if (volume.hosts.length > 0) throw refuse("destroy volume", `volume ${name} is connected to a host`);
  volume.isDestroyed = true;
}

/** @throws OutsideError `final` when the volume is connected or the source is gone. */
export function overwrite(state: MockState, name: string, source: string): void {
  requireServing(state, name);
  const pod = podOf(name);
  if (pod !== undefined && podOf(source) !== pod) {
    throw refuse("overwrite volume", `${name} cannot be restored from a source outside of its pod`);
  }
  const volume = liveVolume(state, name);
  if (!volume) throw refuse("overwrite volume", `volume ${name} does not exist`);
  if (volume.hosts.length > 0) throw refuse("overwrite volume", `volume ${name} is connected to a host`);
  const content = contentOf(state, source);
  if (content === undefined) throw refuse("overwrite volume", `${source} does not exist`);
  volume.content = content;
}

/** Content of a volume, of a volume's snapshot, or of a volume in a point `[array:]group.suffix.volume`. */
export function contentOf(state: MockState, name: string): string | undefined {
  const single = liveVolume(state, name) ?? state.snapshots.find((snapshot) => snapshot.name === name);
  if (single) return single.content;
  const made = state.groups.map(({ name: group, points }) => ({ prefix: group, points }));
  const received = state.replicas.map(({ source, group, points }) => ({ prefix: `${source}:${group}`, points }));
  for (const { prefix, points } of [...made, ...received]) {
    for (const point of points.filter((each) => !each.isDestroyed)) {
      const held = point.volumes.find((volume) => `${prefix}.${point.suffix}.${volume.name}` === name);
      if (held) return held.content;
    }
  }
  return undefined;
}

export function connectionsOf(state: MockState, names: readonly string[]): readonly VolumeConnection[] {
  return names.flatMap((name) => {
    const volume = liveVolume(state, name);
    return volume ? volume.hosts.map((host) => ({ volume: volume.name, host })) : [];
  });
}

export function volumeView(volume: MockVolume): ArrayVolume {
  const { id, name, bytes, serial, createdAt, hosts } = volume;
  return { id, name, bytes, serial, createdAt, connectionCount: hosts.length };
}
