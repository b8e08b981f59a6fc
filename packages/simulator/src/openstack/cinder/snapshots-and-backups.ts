import type { Router } from "../../http/router.ts";
import type { SimulatedResponse } from "../../http/service.ts";
import { badRequest, notFound } from "../core/api-error.ts";
import { ACCEPTED_WITHOUT_BODY, accepted, type Call, isTrue, ok } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { pageOf } from "../core/paging.ts";
import { microsecondsTime } from "../core/times.ts";
import type { BackupRecord, SnapshotRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";

/** What tenants keep of their volumes. Snapshots are made and deleted at once: Protector itself makes none. */
export function routeSnapshotsAndBackups(router: Router<Call>, state: VolumeState, origin: string): void {
  router
    .on("GET", "/snapshots/detail", (call) =>
      list(call, { key: "snapshots", all: [...state.snapshots.values()], view: snapshotView, origin }),
    )
    .on("POST", "/snapshots", (call) => accepted({ snapshot: snapshotView(createSnapshot(state, call), call) }))
    .on("GET", "/snapshots/:id", (call, { id = "" }) =>
      ok({ snapshot: snapshotView(requireSnapshot(state, call, id), call) }),
    )
    .on("DELETE", "/snapshots/:id", (call, { id = "" }) => {
      state.snapshots.delete(requireSnapshot(state, call, id).id);
      return ACCEPTED_WITHOUT_BODY;
    })
    .on("GET", "/backups/detail", (call) =>
      list(call, { key: "backups", all: [...state.backups.values()], view: backupView, origin }),
    );
}

function createSnapshot(state: VolumeState, { body, caller }: Call): SnapshotRecord {
  const asked = objectAt(body, "snapshot");
  const volume = state.requireVolume(textAt(asked, "volume_id"), caller);
  const snapshot = {
    id: state.environment.uuid(),
    name: optionalTextAt(asked, "name") ?? "",
    volumeId: volume.id,
    projectId: volume.projectId,
    userId: caller.userId,
    sizeGiB: volume.sizeGiB,
    createdAt: state.environment.now(),
  };
  state.snapshots.set(snapshot.id, snapshot);
  return snapshot;
}

function requireSnapshot(state: VolumeState, { caller }: Call, id: string): SnapshotRecord {
  const snapshot = state.snapshots.get(id);
  if (snapshot && (caller.isAdmin || snapshot.projectId === caller.projectId)) return snapshot;
  throw notFound(`Snapshot ${id} could not be found.`);
}

interface Listed<T> {
  readonly key: string;
  readonly all: readonly T[];
  readonly view: (item: T, call: Call) => unknown;
  readonly origin: string;
}

function list<T extends SnapshotRecord>(call: Call, { key, all, view, origin }: Listed<T>): SimulatedResponse {
  const { caller, query } = call;
  if (query.has("project_id") && !caller.isAdmin)
    throw badRequest("Invalid filters project_id are found in query options.");
  const sees = caller.isAdmin && isTrue(query.get("all_tenants"));
  const project = sees ? query.get("project_id") : (caller.projectId ?? "");
  const seen = all
    .toReversed()
    .filter((each) => project === null || each.projectId === project)
    .filter((each) => (query.get("volume_id") ?? each.volumeId) === each.volumeId);
  const page = pageOf(seen, query, { url: `${origin}/v3/${caller.projectId}/${key}/detail`, maximum: 1000 });
  const links = page.next ? { [`${key}_links`]: [{ rel: "next", href: page.next }] } : {};
  return ok({ [key]: page.items.map((item) => view(item, call)), ...links });
}

const common = (record: SnapshotRecord) => ({
  id: record.id,
  created_at: microsecondsTime(record.createdAt),
  updated_at: microsecondsTime(record.createdAt),
  name: record.name,
  description: null,
  volume_id: record.volumeId,
  status: "available",
  size: record.sizeGiB,
});

const snapshotView = (snapshot: SnapshotRecord, call: Call) => ({
  ...common(snapshot),
  metadata: {},
  "os-extended-snapshot-attributes:project_id": snapshot.projectId,
  "os-extended-snapshot-attributes:progress": "100%",
  ...(call.version >= 14 && { group_snapshot_id: null }),
  ...(call.version >= 41 && { user_id: snapshot.userId }),
  ...(call.version >= 65 && { consumes_quota: true }),
});

const backupView = (backup: BackupRecord, call: Call) => ({
  ...common(backup),
  object_count: 22,
  availability_zone: "nova",
  container: "volumebackups",
  fail_reason: null,
  links: [],
  is_incremental: false,
  has_dependent_backups: false,
  snapshot_id: null,
  data_timestamp: microsecondsTime(backup.createdAt),
  ...(call.caller.isAdmin && call.version >= 18 && { "os-backup-project-attr:project_id": backup.projectId }),
  ...(call.version >= 43 && { metadata: {} }),
});
