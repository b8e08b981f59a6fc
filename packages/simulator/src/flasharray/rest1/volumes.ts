import { ArrayError } from "../block-array.ts";
import { hostsOf } from "../connections.ts";
import type { StoredLimits, StoredVolume } from "../objects.ts";
import {
  cloneVolume,
  createVolume,
  destroyVolume,
  eradicateVolume,
  overwriteVolume,
  recoverVolume,
  renameVolume,
  resizeVolume,
} from "../volumes.ts";
import { nameOf, type Rest1Call, type Rest1Route } from "./call.ts";
import {
  changeSnapshot,
  createSnapshots,
  deleteSnapshot,
  isSnapshotName,
  listSnapshots,
  snapshotsNamed,
} from "./snapshots.ts";
import { isListed, volumeView } from "./views.ts";

/** Volumes of this interface land in the array's default protection groups: it has no word to decline that. */
const PLACEMENT = { withDefaultProtection: true };

function list(call: Rest1Call): object {
  if (call.given.flag("snap")) return listSnapshots(call);
  const volumes = [...call.state.volumes.all()].filter((volume) => isListed(call, volume));
  return volumes.map((volume) => volumeView(call, volume));
}

function get(call: Rest1Call): object {
  if (call.given.flag("snap")) return snapshotsNamed(call, nameOf(call));
  return volumeView(call, volumeNamed(call));
}

/** @throws ArrayError when there is none, or it is destroyed and the caller did not ask for those. */
function volumeNamed(call: Rest1Call): StoredVolume {
  const volume = call.state.volumes.any(nameOf(call));
  if (!isListed(call, volume)) throw new ArrayError(nameOf(call), "Volume does not exist.");
  return volume;
}

function create(call: Rest1Call): object {
  const { state, given } = call;
  const name = nameOf(call);
  const source = given.text("source");
  const size = given.number("size");
  if ((source === undefined) === (size === undefined)) {
    throw new ArrayError(name, "Exactly one of 'size' and 'source' must be given.");
  }
  const limits = limitsOf(call, { iops: undefined, bytesPerSecond: undefined });
  const isOverwrite = given.flag("overwrite") ?? false;
  if (source === undefined) {
    const made = createVolume(state, name, size ?? 0, PLACEMENT);
    made.limits = limits;
    return volumeView(call, made);
  }
  if (isOverwrite && state.volumes.find(name)) return volumeView(call, overwriteVolume(state, source, name));
  return volumeView(call, cloneVolume(state, source, name, PLACEMENT));
}

function change(call: Rest1Call): object {
  const { state, given } = call;
  const name = nameOf(call);
  if (isSnapshotName(name)) return changeSnapshot(call);
  if (given.text("action") === "recover") return { name: recoverVolume(state, name).name };
  if (given.has("action")) throw new ArrayError(name, "Invalid action.");
  const volume = state.volumes.live(name);
  const newName = given.text("name");
  const size = given.number("size");
  if (newName !== undefined) return { name: renameVolume(state, name, newName).name };
  if (size !== undefined) {
    if (size < volume.bytes) throw new ArrayError(name, "Implicit truncation not permitted.");
    return { name: volume.name, size: resizeVolume(state, name, size).bytes };
  }
  volume.limits = limitsOf(call, volume.limits);
  return {
    name: volume.name,
    iops_limit: volume.limits.iops ?? null,
    bandwidth_limit: volume.limits.bytesPerSecond ?? null,
  };
}

/** @throws ArrayError outside of what arrays take. */
function limitsOf(call: Rest1Call, before: StoredLimits): StoredLimits {
  const limit = (key: string, old: number | undefined, range: readonly [number, number]) => {
    if (!call.given.has(key)) return old;
    if (call.given.isCleared(key)) return undefined;
    const value = call.given.number(key) ?? 0;
    if (value < range[0] || value > range[1]) throw new ArrayError(nameOf(call), `Invalid value for '${key}'.`);
    return value;
  };
  return {
    iops: limit("iops_limit", before.iops, [100, 100_000_000]),
    bytesPerSecond: limit("bandwidth_limit", before.bytesPerSecond, [2 ** 20, 512 * 2 ** 30]),
  };
}

function remove(call: Rest1Call): object {
  const name = nameOf(call);
  if (isSnapshotName(name)) return deleteSnapshot(call);
  if (call.given.flag("eradicate")) {
    eradicateVolume(call.state, name);
    return { name };
  }
  if (hostsOf(call.state, call.state.volumes.live(name)).length > 0) {
    throw new ArrayError(name, "Volume cannot be deleted due to existing connections.");
  }
  return { name: destroyVolume(call.state, name).name };
}

function connectedHosts(call: Rest1Call): object {
  const volume = volumeNamed(call);
  const withRemote = call.given.flag("remote") ?? false;
  const found = hostsOf(call.state, volume).filter(({ isLocal }) => isLocal || withRemote);
  return found.map(({ host, lun }) => ({ name: volume.name, host, lun, size: volume.bytes, hgroup: null }));
}

/** `volume`: volumes, and snapshots by their own names or with `snap`. */
export const volumeRoutes: readonly Rest1Route[] = [
  { method: "GET", path: "volume", known: "snap pending pending_only", run: list },
  { method: "POST", path: "volume", known: "source snap suffix", run: createSnapshots },
  { method: "GET", path: "volume/*", known: "snap pgroup pending pending_only", run: get },
  { method: "POST", path: "volume/*", known: "size source overwrite iops_limit bandwidth_limit", run: create },
  { method: "PUT", path: "volume/*", known: "name size truncate action iops_limit bandwidth_limit", run: change },
  { method: "DELETE", path: "volume/*", known: "eradicate", run: remove },
  { method: "GET", path: "volume/*/host", known: "private shared remote", run: connectedHosts },
];
