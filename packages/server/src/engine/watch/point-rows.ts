import { createHash } from "node:crypto";
import type { RecoveryPoint } from "@protector/storage";
import type { Selectable } from "kysely";
import { flag, writeTime } from "../../db/codecs.ts";
import { isDuplicate } from "../../db/constraint.ts";
import { saveRecoveryPoint } from "../../db/repositories/recovery-points.ts";
import type { RecoveryPointsTable } from "../../db/schema-groups.ts";
import type { EnginePorts } from "../engine-ports.ts";

/** Whose points: of a group, with the data of one site's servers. */
export interface PointOwner {
  readonly groupId: string;
  readonly sourceSiteId: string;
}

/** The rows of a group's points, by name. */
export type PointRows = ReadonlyMap<string, PointRow>;

type PointRow = Pick<
  Selectable<RecoveryPointsTable>,
  | "protection_group_id"
  | "source_site_id"
  | "name"
  | "cut_at"
  | "completed_at"
  | "progress"
  | "bytes_sent"
  | "is_usable"
  | "volumes_digest"
>;

/** What is known of the points of many groups, by group; of points in any direction. */
export async function loadPointRows(
  { connection: { db } }: Pick<EnginePorts, "connection">,
  groupIds: readonly string[],
): Promise<(owner: PointOwner) => PointRows> {
  const rows = await db
    .selectFrom("recovery_points")
    .select([
      "protection_group_id",
      "source_site_id",
      "name",
      "cut_at",
      "completed_at",
      "progress",
      "bytes_sent",
      "is_usable",
      "volumes_digest",
    ])
    .where("protection_group_id", "in", groupIds)
    .execute();
  const byGroup = Map.groupBy(rows, (row) => row.protection_group_id);
  return ({ groupId, sourceSiteId }) => {
    const ours = (byGroup.get(groupId) ?? []).filter((row) => row.source_site_id === sourceSiteId);
    return new Map(ours.map((row) => [row.name, row]));
  };
}

/**
 * Makes the rows of a group's points what the array shows: writes what is new or has changed, forgets what is gone.
 * @param seen `askedAt`: ms, when the array was asked. A point that was written down since is no matter of this answer.
 */
export async function keepPointRows(
  ports: EnginePorts,
  { groupId, sourceSiteId }: PointOwner,
  seen: { readonly points: readonly RecoveryPoint[]; readonly known: PointRows; readonly askedAt: number },
): Promise<void> {
  const { db } = ports.connection;
  const { points, known, askedAt } = seen;
  for (const point of points) {
    if (isAsKnown(known.get(point.suffix), point)) continue;
    const saved = saveRecoveryPoint(db, {
      id: ports.random.uuid(),
      protection_group_id: groupId,
      source_site_id: sourceSiteId,
      name: point.suffix,
      cut_at: writeTime(point.createdAt),
      completed_at: point.completedAt === undefined ? null : writeTime(point.completedAt),
      progress: point.progress,
      bytes_sent: point.bytesSent,
      is_usable: flag(point.isUsable),
      proven_at: null,
      seen_at: writeTime(askedAt),
    });
    // Another engine of the site has just written the same row.
    await saved.catch((error) => {
      if (!isDuplicate(error, "uq_recovery_points_name", "name")) throw error;
    });
  }
  const shown = new Set(points.map(({ suffix }) => suffix));
  const gone = [...known.keys()].filter((name) => !shown.has(name));
  if (gone.length === 0) return;
  await db
    .deleteFrom("recovery_points")
    .where("protection_group_id", "=", groupId)
    .where("source_site_id", "=", sourceSiteId)
    .where("name", "in", gone)
    .where("seen_at", "<", writeTime(askedAt))
    .execute();
}

/** Whether a row says what the array shows. A number that the database keeps as a fraction is not exact. */
function isAsKnown(row: PointRow | undefined, point: RecoveryPoint): boolean {
  return (
    row !== undefined &&
    row.cut_at === writeTime(point.createdAt) &&
    row.completed_at === (point.completedAt === undefined ? null : writeTime(point.completedAt)) &&
    Math.abs(row.progress - point.progress) < 1e-6 &&
    Number(row.bytes_sent) === point.bytesSent &&
    (row.is_usable === 1) === point.isUsable
  );
}

/** Whether a point is known to hold exactly these volumes: what it holds never changes, so the array is asked once. */
export function holdsExactly(row: PointRow | undefined, point: RecoveryPoint, volumes: readonly string[]): boolean {
  return (
    row !== undefined && row.cut_at === writeTime(point.createdAt) && row.volumes_digest === volumesDigest(volumes)
  );
}

/** Writes down what volumes a point holds. */
export async function notePointVolumes(
  { connection: { db } }: Pick<EnginePorts, "connection">,
  { groupId, sourceSiteId }: PointOwner,
  { point, volumes }: { readonly point: RecoveryPoint; readonly volumes: readonly string[] },
): Promise<void> {
  await db
    .updateTable("recovery_points")
    .set({ volumes_digest: volumesDigest(volumes) })
    .where("protection_group_id", "=", groupId)
    .where("source_site_id", "=", sourceSiteId)
    .where("name", "=", point.suffix)
    .where("cut_at", "=", writeTime(point.createdAt))
    .execute();
}

/** SHA-256 in hex of the names in one order, without regard to case, as arrays compare them. */
function volumesDigest(volumes: readonly string[]): string {
  const names = volumes.map((name) => name.toLowerCase()).sort();
  return createHash("sha256").update(names.join("\n")).digest("hex");
}
