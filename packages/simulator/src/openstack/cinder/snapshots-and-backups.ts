import type { Router } from "../../http/router.ts";
import type { SimulatedResponse } from "../../http/service.ts";
import { badRequest } from "../core/api-error.ts";
import { type Call, isTrue, ok } from "../core/call.ts";
import { pageOf } from "../core/paging.ts";
import { microsecondsTime } from "../core/times.ts";
import type { BackupRecord, SnapshotRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";

/** `/snapshots/detail` and `/backups/detail`: what tenants keep of their volumes, reading only. */
export function routeSnapshotsAndBackups(router: Router<Call>, state: VolumeState, origin: string): void {
  router
    .on("GET", "/snapshots/detail", (call) =>
      list(call, { key: "snapshots", all: [...state.snapshots.values()], view: snapshotView, origin }),
    )
    .on("GET", "/backups/detail", (call) =>
      list(call, { key: "backups", all: [...state.backups.values()], view: backupView, origin }),
    );
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
