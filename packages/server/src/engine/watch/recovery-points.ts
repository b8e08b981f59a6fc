import type { Protection } from "@protector/contract";
import { type PointSource, pointsOf, type RecoveryPoint } from "@protector/storage";
import { flag, writeTime } from "../../db/codecs.ts";
import { isDuplicate } from "../../db/constraint.ts";
import { saveRecoveryPoint } from "../../db/repositories/recovery-points.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import { type GroupView, loadGroup } from "../world/group-view.ts";
import { localSite } from "../world/site-directory.ts";
import { unlessSilent } from "../world/within.ts";
import { ArrayRound } from "./array-round.ts";
import { groupsToWatch } from "./group-list.ts";
import { forEachSubject } from "./rounds.ts";

/** A point older than so many times the RPO protects nobody. */
const STALE_AFTER_RPOS = 2;

/**
 * Reads the recovery points of every group from the array that they are sent to: rows of the API's list, time of the newest
 * usable one, and at the primary whether the group is protected. The site that is not primary reads its own array, so that
 * the points are known there when the primary is gone.
 */
export async function readRecoveryPoints(ports: EnginePorts): Promise<void> {
  const { id: localSiteId } = await localSite(ports.connection);
  const round = new ArrayRound(ports);
  try {
    const subjects = await groupsToWatch(ports.connection);
    const nameOf = (id: string) => id;
    await forEachSubject(ports, { watch: "recovery-points", subjects, nameOf }, async (groupId) => {
      const view = await loadGroup(ports.connection, groupId);
      if (view.policy) await readPoints({ ports, round, view, localSiteId });
    });
  } finally {
    await round.close();
  }
}

interface Look {
  readonly ports: EnginePorts;
  readonly round: ArrayRound;
  readonly view: GroupView;
  readonly localSiteId: string;
}

async function readPoints(look: Look): Promise<void> {
  const { ports, round, view, localSiteId } = look;
  const { group } = view;
  const sourceSiteId = group.primary_site_id;
  const targetSiteId = sourceSiteId === localSiteId ? group.peer_site_id : localSiteId;
  const source = pointsOf(arrayGroupAt(view, sourceSiteId), await round.nameOf(view, sourceSiteId));
  const points = await round.ask(view, targetSiteId, (array) => array.listRecoveryPoints(source));
  await keepRows(ports, { groupId: group.id, sourceSiteId }, points);
  const newest = points.find((point) => point.isUsable);
  if (newest) await noteNewest(ports, { groupId: group.id, sourceSiteId }, newest);
  if (sourceSiteId !== localSiteId) return;
  const found = await judge(look, { source, points, newest, targetSiteId });
  if (found) await noteProtection(ports, view, found);
}

async function keepRows(
  ports: EnginePorts,
  of: { readonly groupId: string; readonly sourceSiteId: string },
  points: readonly RecoveryPoint[],
): Promise<void> {
  const { db } = ports.connection;
  const seenAt = writeTime(ports.clock.now());
  for (const point of points) {
    const saved = saveRecoveryPoint(db, {
      id: ports.random.uuid(),
      protection_group_id: of.groupId,
      source_site_id: of.sourceSiteId,
      name: point.suffix,
      cut_at: writeTime(point.createdAt),
      completed_at: point.completedAt === undefined ? null : writeTime(point.completedAt),
      progress: point.progress,
      bytes_sent: point.bytesSent,
      is_usable: flag(point.isUsable),
      proven_at: null,
      seen_at: seenAt,
    });
    // Another engine of the site has just written the same row.
    await saved.catch((error) => {
      if (!isDuplicate(error, "uq_recovery_points_name", "name")) throw error;
    });
  }
  await db
    .deleteFrom("recovery_points")
    .where("protection_group_id", "=", of.groupId)
    .where("source_site_id", "=", of.sourceSiteId)
    .where("seen_at", "<", seenAt)
    .execute();
}

async function noteNewest(
  ports: EnginePorts,
  { groupId, sourceSiteId }: { readonly groupId: string; readonly sourceSiteId: string },
  newest: RecoveryPoint,
): Promise<void> {
  await ports.connection.db
    .updateTable("protection_groups")
    .set({ last_recovery_point_at: writeTime(newest.createdAt) })
    .where("id", "=", groupId)
    .where("primary_site_id", "=", sourceSiteId)
    .execute();
}

interface Verdict {
  readonly protection: Protection;
  readonly reason: string | null;
}

interface Seen {
  readonly source: PointSource;
  readonly points: readonly RecoveryPoint[];
  readonly newest: RecoveryPoint | undefined;
  readonly targetSiteId: string;
}

/** Whether a recovery is possible now; undefined when it cannot be known. */
async function judge(look: Look, seen: Seen): Promise<Verdict | undefined> {
  const { round, view, localSiteId } = look;
  const volumes = volumesAt(view, localSiteId);
  if (volumes.length === 0) return { protection: "unprotected", reason: "the group has no members yet" };
  const asked = await unlessSilent(
    round.ask(view, localSiteId, async (array) => ({ group: await array.findGroup(seen.source.group) })),
  );
  if (!asked) return judgePoint(look, seen, volumes);
  if (!asked.group) {
    return { protection: "unprotected", reason: "nothing replicates to the other site until it is reprotected" };
  }
  if (!asked.group.replication.enabled) return { protection: "paused", reason: "the replication schedule is off" };
  return judgePoint(look, seen, volumes);
}

async function judgePoint(look: Look, seen: Seen, volumes: readonly string[]): Promise<Verdict> {
  const { ports, round, view } = look;
  const { newest, source, points } = seen;
  if (!newest) {
    const inTransfer = points[0];
    const percent = Math.floor((inTransfer?.progress ?? 0) * 100);
    const reason = inTransfer
      ? `the first recovery point is being sent (${percent} %)`
      : "waiting for the first recovery point";
    return { protection: "seeding", reason };
  }
  const held = await round.ask(view, seen.targetSiteId, (array) => array.volumesOfPoint(source, newest.suffix));
  const names = new Set(held.map((volume) => volume.sourceVolume.toLowerCase()));
  const missing = volumes.filter((name) => !names.has(name.toLowerCase()));
  if (missing.length > 0) {
    const reason = `the newest complete recovery point lacks ${missing.length} of ${volumes.length} volumes: ${missing[0]}`;
    return { protection: "seeding", reason };
  }
  const rpoMinutes = view.policy?.rpo_minutes ?? 0;
  const ageMinutes = Math.floor((ports.clock.now() - newest.createdAt) / 60_000);
  if (ageMinutes > rpoMinutes * STALE_AFTER_RPOS) {
    const reason = `the newest complete recovery point is ${ageMinutes} min old; the RPO is ${rpoMinutes} min`;
    return { protection: "unprotected", reason };
  }
  return { protection: "protected", reason: null };
}

/** Array names of the members' volumes at a site. */
function volumesAt(view: GroupView, siteId: string): readonly string[] {
  const ids = view.consistencyGroups.filter((row) => row.site_id === siteId).map((row) => row.id);
  return view.volumes.filter((row) => ids.includes(row.consistency_group_id)).map((row) => row.array_volume);
}

/** Only while nothing has changed the group since it was looked at, and no operation does. */
async function noteProtection(ports: EnginePorts, view: GroupView, { protection, reason }: Verdict): Promise<void> {
  const { group } = view;
  if (group.protection === protection && group.protection_reason === reason) return;
  await ports.connection.db
    .updateTable("protection_groups")
    .set({ protection, protection_reason: reason?.slice(0, 1000) ?? null })
    .where("id", "=", group.id)
    .where("epoch", "=", group.epoch)
    .where("generation", "=", group.generation)
    .where("primary_site_id", "=", group.primary_site_id)
    .where("current_operation_id", "is", null)
    .execute();
}
