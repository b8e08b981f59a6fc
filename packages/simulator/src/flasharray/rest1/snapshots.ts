import { ArrayError } from "../block-array.ts";
import type { StoredSnapshot } from "../objects.ts";
import { destroySnapshot, eradicateSnapshot, recoverSnapshot, renameSnapshot, snapshotVolume } from "../volumes.ts";
import { inOtherWords, nameOf, type Rest1Call } from "./call.ts";
import { isListed, snapshotView } from "./views.ts";

/** Whether a name is one of a snapshot: only those have a dot. */
export function isSnapshotName(name: string): boolean {
  return name.includes(".");
}

/** `GET volume` with `snap`. */
export function listSnapshots(call: Rest1Call): object {
  return viewsOf(call, [...call.state.snapshots.all()]);
}

/**
 * `GET volume/NAME` with `snap`: the snapshots of a volume, or the one snapshot of that name; with `pgroup` those that
 * belong to a snapshot of a protection group.
 */
export function snapshotsNamed(call: Rest1Call, name: string): object {
  const { state } = call;
  if (call.given.flag("pgroup")) {
    return viewsOf(call, inOtherWords(() => state.points.live(name), "Volume does not exist.").volumes);
  }
  if (isSnapshotName(name)) return [snapshotView(call, state.snapshots.live(name))];
  const volume = state.volumes.any(name);
  if (!isListed(call, volume)) throw new ArrayError(name, "Volume does not exist.");
  return viewsOf(
    call,
    [...state.snapshots.all()].filter((snapshot) => snapshot.source.id === volume.id),
  );
}

function viewsOf(call: Rest1Call, snapshots: readonly StoredSnapshot[]): object {
  return snapshots.filter((snapshot) => isListed(call, snapshot)).map((snapshot) => snapshotView(call, snapshot));
}

/** `POST volume` with `snap`: one snapshot of every volume named. */
export function createSnapshots(call: Rest1Call): object {
  const sources = call.given.requiredNames("source");
  if (!call.given.flag("snap")) throw new ArrayError("snap", "Missing argument.");
  const suffix = call.given.text("suffix");
  for (const source of sources) call.state.volumes.live(source);
  return sources.map((source) => snapshotView(call, snapshotVolume(call.state, source, suffix)));
}

/** `PUT volume/NAME` of a snapshot: another name, whole or its suffix alone, or recovery. */
export function changeSnapshot(call: Rest1Call): object {
  const name = nameOf(call);
  const newName = call.given.text("name");
  if (newName !== undefined) return { name: renameSnapshot(call.state, name, newName).name };
  if (call.given.text("action") !== "recover") throw new ArrayError(name, "Invalid action.");
  return { name: recoverSnapshot(call.state, name).name };
}

/** `DELETE volume/NAME` of a snapshot. */
export function deleteSnapshot(call: Rest1Call): object {
  const name = nameOf(call);
  inOtherWords(() => call.state.snapshots.any(name), "No such volume or snapshot.");
  if (call.given.flag("eradicate")) eradicateSnapshot(call.state, name);
  else destroySnapshot(call.state, name);
  return { name };
}
