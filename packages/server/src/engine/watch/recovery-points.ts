import { type PointSource, pointsOf, type RecoveryPoint } from "@protector/storage";
import { writeTime } from "../../db/codecs.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { arrayGroupAt, protectedReason } from "../world/group-names.ts";
import { loadReplicatedGroups, type ReplicatedGroup } from "../world/replicated-groups.ts";
import { localSite } from "../world/site-directory.ts";
import { unlessSilent } from "../world/within.ts";
import { ArrayRound } from "./array-round.ts";
import { GROUPS_TOGETHER, groupsToWatch, inParts } from "./group-list.ts";
import { judgePod, lookAtPod, notePod, type PodLook, type Verdict } from "./pod-look.ts";
import {
  holdsExactly,
  keepPointRows,
  loadPointRows,
  notePointVolumes,
  type PointOwner,
  type PointRows,
} from "./point-rows.ts";
import { forEachSubject } from "./rounds.ts";

/** A point older than so many times the RPO protects nobody. */
const STALE_AFTER_RPOS = 2;

/**
 * Reads the recovery points of every group from the array that they are sent to: rows of the API's list, time of the newest
 * usable one, and at the primary whether the group is protected. The site that is not primary reads its own array, so that
 * the points are known there when the primary is gone.
 *
 * Groups are read many together, and only what has changed since the last round is written: an array with thousands of groups
 * is asked a few questions for each hundred of them.
 */
export async function readRecoveryPoints(ports: EnginePorts): Promise<void> {
  const { id: localSiteId } = await localSite(ports.connection);
  const round = new ArrayRound(ports);
  try {
    for (const ids of inParts(await groupsToWatch(ports.connection), GROUPS_TOGETHER)) {
      const views = await loadReplicatedGroups(ports.connection, ids);
      const groups = views.filter(({ policy }) => policy !== undefined);
      const looks = await lookAt({ ports, round, localSiteId }, groups);
      const nameOf = ({ view }: Look) => view.group.id;
      await forEachSubject(ports, { watch: "recovery-points", subjects: looks, nameOf }, readPoints);
    }
  } finally {
    await round.close();
  }
}

interface Round {
  readonly ports: EnginePorts;
  readonly round: ArrayRound;
  readonly localSiteId: string;
}

interface Look extends Round {
  readonly view: ReplicatedGroup;
  /** Where the points are looked for: at the other site, or here when that one is primary. */
  readonly siteId: string;
  readonly source: PointSource;
  readonly owner: PointOwner;
  readonly known: PointRows;
  /** ms, when the array was asked. */
  readonly askedAt: number;
  readonly points: Promise<ReadonlyMap<string, readonly RecoveryPoint[]>>;
  /** Schedule of the group that cuts the points, asked only of this site's own. */
  readonly replication: Promise<ReadonlyMap<string, { readonly enabled: boolean }>>;
}

/** Asks each array once for all of the groups. */
async function lookAt(of: Round, groups: readonly ReplicatedGroup[]): Promise<readonly Look[]> {
  const { ports, round, localSiteId } = of;
  const askedAt = ports.clock.now();
  const knownOf = await loadPointRows(
    ports,
    groups.map(({ group }) => group.id),
  );
  const asked = [];
  for (const view of groups) {
    const sourceSiteId = view.group.primary_site_id;
    const siteId = sourceSiteId === localSiteId ? view.group.peer_site_id : localSiteId;
    const arrayName = await round.nameOf(view, sourceSiteId).catch((error: unknown) => {
      ports.events({ kind: "watch_failed", watch: "recovery-points", subject: view.group.id, error });
    });
    if (arrayName === undefined) continue;
    asked.push({ view, siteId, source: pointsOf(arrayGroupAt(view, sourceSiteId), arrayName) });
  }
  const ofHere = asked.filter(({ view }) => view.group.primary_site_id === localSiteId);
  const [points, replication] = await Promise.all([
    round.askTogether(asked, (array, about) => array.listRecoveryPointsOf(about.map(({ source }) => source))),
    round.askTogether(
      ofHere.map((each) => ({ ...each, siteId: localSiteId })),
      (array, about) => array.readReplication(about.map(({ source }) => source.group)),
    ),
  ]);
  const schedules = new Map([...replication].map(([{ view }, answer]) => [view, answer]));
  return asked.map((each) => {
    const owner = { groupId: each.view.group.id, sourceSiteId: each.view.group.primary_site_id };
    return {
      ...of,
      ...each,
      owner,
      known: knownOf(owner),
      askedAt,
      points: points.get(each) ?? Promise.resolve(new Map()),
      replication: schedules.get(each.view) ?? Promise.resolve(new Map()),
    };
  });
}

async function readPoints(look: Look): Promise<void> {
  const { ports, view, localSiteId, source, owner, known, askedAt } = look;
  const points = (await look.points).get(source.group) ?? [];
  await keepPointRows(ports, owner, { points, known, askedAt });
  const newest = points.find((point) => point.isUsable);
  const pod = await lookAtPod(look, { sourceSiteId: owner.sourceSiteId, targetSiteId: look.siteId });
  await notePod(ports, view, pod);
  if (newest && !pod) await noteNewest(ports, view, newest);
  if (owner.sourceSiteId !== localSiteId) return;
  const found = await judge(look, { points, newest, pod });
  if (found) await noteProtection(ports, view, found);
}

async function noteNewest(ports: EnginePorts, { group }: ReplicatedGroup, { createdAt }: RecoveryPoint): Promise<void> {
  const at = writeTime(createdAt);
  if (group.last_recovery_point_at === at) return;
  await ports.connection.db
    .updateTable("protection_groups")
    .set({ last_recovery_point_at: at })
    .where("id", "=", group.id)
    .where("primary_site_id", "=", group.primary_site_id)
    .execute();
}

interface Seen {
  readonly points: readonly RecoveryPoint[];
  readonly newest: RecoveryPoint | undefined;
  readonly pod: PodLook | undefined;
}

/** Whether a recovery is possible now; undefined when it cannot be known. */
async function judge(look: Look, seen: Seen): Promise<Verdict | undefined> {
  const volumes = volumesAt(look.view, look.localSiteId);
  if (volumes.length === 0) return { protection: "unprotected", reason: "the group has no members yet" };
  if (seen.pod) return judgeInPod(look, seen.pod, volumes);
  const schedules = await unlessSilent(look.replication);
  if (!schedules) return judgePoint(look, seen, volumes);
  const schedule = schedules.get(look.source.group);
  if (!schedule) {
    return { protection: "unprotected", reason: "nothing replicates to the other site until it is reprotected" };
  }
  if (!schedule.enabled) return { protection: "paused", reason: "the replication schedule is off" };
  return judgePoint(look, seen, volumes);
}

/** The pod holds everything that is written; what is not in the array group is in no recovery. */
async function judgeInPod(look: Look, pod: PodLook, volumes: readonly string[]): Promise<Verdict> {
  const { round, view, localSiteId, source } = look;
  const verdict = judgePod(pod);
  if (verdict.protection !== "protected") return verdict;
  const group = await unlessSilent(round.ask(view, localSiteId, (array) => array.findGroup(source.group)));
  const held = new Set(group?.members.map((name) => name.toLowerCase()));
  const missing = group ? volumes.filter((name) => !held.has(name.toLowerCase())) : [];
  if (missing.length === 0) return verdict;
  const reason = `its array group lacks ${missing.length} of ${volumes.length} volumes: ${missing[0]}`;
  return { protection: "seeding", reason };
}

async function judgePoint(look: Look, seen: Seen, volumes: readonly string[]): Promise<Verdict> {
  const { ports, view } = look;
  const { newest, points } = seen;
  if (!newest) {
    const inTransfer = points[0];
    const percent = Math.floor((inTransfer?.progress ?? 0) * 100);
    const reason = inTransfer
      ? `the first recovery point is being sent (${percent} %)`
      : "waiting for the first recovery point";
    return { protection: "seeding", reason };
  }
  const missing = await missingIn(look, newest, volumes);
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
  return { protection: "protected", reason: protectedReason(view.group, false) };
}

/** Which of the volumes a point lacks. */
async function missingIn(look: Look, point: RecoveryPoint, volumes: readonly string[]): Promise<readonly string[]> {
  const { ports, round, view, siteId, source, owner, known } = look;
  if (holdsExactly(known.get(point.suffix), point, volumes)) return [];
  const held = await round.ask(view, siteId, (array) => array.volumesOfPoint(source, point.suffix));
  const names = held.map(({ sourceVolume }) => sourceVolume);
  await notePointVolumes(ports, owner, { point, volumes: names });
  const present = new Set(names.map((name) => name.toLowerCase()));
  return volumes.filter((name) => !present.has(name.toLowerCase()));
}

/** Array names of the members' volumes at a site. */
function volumesAt(view: ReplicatedGroup, siteId: string): readonly string[] {
  const ids = view.consistencyGroups.filter((row) => row.site_id === siteId).map((row) => row.id);
  return view.volumes.filter((row) => ids.includes(row.consistency_group_id)).map((row) => row.array_volume);
}

/** Only while nothing has changed the group since it was looked at, and no operation does. */
async function noteProtection(
  ports: EnginePorts,
  view: ReplicatedGroup,
  { protection, reason }: Verdict,
): Promise<void> {
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
