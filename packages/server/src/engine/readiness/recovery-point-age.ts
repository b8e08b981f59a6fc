import type { RecoveryPoint } from "@protector/storage";
import { critical, type Finding, warning } from "./finding.ts";

/** A point older than so many times the RPO is critical. */
const CRITICAL_RPOS = 2;
/** A point that is missing, or on its way, for so many intervals is told. */
const LATE_INTERVALS = 2;

/** The points of a group as the array that they are sent to shows them. */
export interface PointsNow {
  readonly groupName: string;
  /** Site that they are sent to. */
  readonly siteName: string;
  readonly points: readonly RecoveryPoint[];
  readonly rpoMinutes: number;
  /** ms between scheduled points. */
  readonly intervalMs: number;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/** Replication lag against the RPO; points that are missing or do not arrive. */
export function checkPoints(of: PointsNow): readonly Finding[] {
  const { points, siteName, intervalMs, now } = of;
  const newest = points.find((point) => point.isUsable);
  const found: Finding[] = newest ? [...checkAge(of, newest)] : [noPoint(of)];
  const remedy = `See that the schedule is on and the arrays are connected; protector protection-group replicate ${of.groupName} sends now.`;
  const lateMs = LATE_INTERVALS * intervalMs;
  const newestCut = points[0];
  if (newestCut && now - newestCut.createdAt > lateMs) {
    const reason = `The newest recovery point was cut ${minutes(now - newestCut.createdAt)} min ago; the schedule cuts one every ${minutes(intervalMs)} min.`;
    found.push(warning({ check: "recovery_point.missing", subject: siteName, reason, remedy }));
  }
  const isStuck = (point: RecoveryPoint) =>
    !point.isUsable && point.createdAt > (newest?.createdAt ?? 0) && now - point.createdAt > lateMs;
  const stuck = points.filter(isStuck).at(-1);
  if (stuck) {
    const reason = `The recovery point cut ${minutes(now - stuck.createdAt)} min ago is still incomplete (${Math.floor(stuck.progress * 100)} % sent).`;
    const cure = "See that the link between the arrays has enough bandwidth, or replicate less often.";
    found.push(warning({ check: "recovery_point.incomplete", subject: siteName, reason, remedy: cure }));
  }
  return found;
}

/** Of a group in a pod: older points that are kept beside what the pod holds. */
export function checkKeptPoints(of: Omit<PointsNow, "rpoMinutes">): readonly Finding[] {
  const { points, siteName, groupName, intervalMs, now } = of;
  const remedy = `protector protection-group replicate ${groupName} cuts one now.`;
  const [newest] = points;
  if (!newest) {
    const reason = `No recovery point is kept at ${siteName}: a test has nothing to start from, and no older data can be had.`;
    return [warning({ check: "recovery_point.none", subject: siteName, reason, remedy })];
  }
  const age = now - newest.createdAt;
  if (age <= LATE_INTERVALS * intervalMs) return [];
  const reason = `The newest recovery point was cut ${minutes(age)} min ago; the schedule cuts one every ${minutes(intervalMs)} min.`;
  return [warning({ check: "recovery_point.missing", subject: siteName, reason, remedy })];
}

function noPoint({ siteName, groupName }: PointsNow): Finding {
  return critical({
    check: "recovery_point.none",
    subject: siteName,
    reason: `No recovery point of the group is complete at ${siteName}.`,
    remedy: `Wait for the first transfer, or order one and watch it: protector protection-group replicate ${groupName} --wait`,
  });
}

function checkAge({ siteName, rpoMinutes, now, groupName }: PointsNow, newest: RecoveryPoint): readonly Finding[] {
  const age = minutes(now - newest.createdAt);
  if (age <= rpoMinutes) return [];
  const reason = `The newest complete recovery point is ${age} min old; the RPO is ${rpoMinutes} min.`;
  const remedy = `See that replication runs and the link has enough bandwidth; protector protection-group replicate ${groupName} sends now.`;
  const text = { check: "recovery_point.age", subject: siteName, reason, remedy };
  return [age > CRITICAL_RPOS * rpoMinutes ? critical(text) : warning(text)];
}

function minutes(ms: number): number {
  return Math.floor(ms / 60_000);
}
