import { type CheckResult, type ErrorCode, ProtectorError } from "@protector/contract";
import { pointsOf } from "@protector/storage";
import type { ProtectionGroupsTable, SitesTable } from "../../db/schema.ts";
import { syncStatusOf } from "../../domain/sync-status.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { planFailback } from "../plans/failback.ts";
import { checkFailback } from "../plans/failback-checks.ts";
import { comingHome, type FailbackInput } from "../plans/failback-input.ts";
import { checkFailover } from "../plans/failover-checks.ts";
import type { FailoverInput } from "../plans/failover-input.ts";
import { finding } from "../plans/findings.ts";
import { planPlannedFailover } from "../plans/planned-failover.ts";
import { isInPod } from "../plans/replication-type.ts";
import { checkArrayRoom } from "../readiness/array-room.ts";
import { critical, type Finding, fromPlan, passed, warning } from "../readiness/finding.ts";
import { leftBehind } from "../readiness/left-behind.ts";
import { checkMappingFit } from "../readiness/mapping-fit.ts";
import { matters } from "../readiness/matters.ts";
import { memberDrift } from "../readiness/member-drift.ts";
import { notes } from "../readiness/notes.ts";
import { checkKeptPoints, checkPoints } from "../readiness/recovery-point-age.ts";
import { checkSecurityGroupRules } from "../readiness/security-group-rules.ts";
import { forecastDuration } from "../runner/duration-forecast.ts";
import { type AccessRequest, openSite } from "../world/group-access.ts";
import type { GroupView } from "../world/group-view.ts";
import { observeFailback } from "../world/observe-failback.ts";
import { observeFailover } from "../world/observe-failover.ts";
import type { SiteAccess } from "../world/site-access.ts";
import { arrayNameOf } from "../world/stand-ins.ts";
import { checkCredentials } from "./credential-checks.ts";
import { checkLastDrill } from "./last-drill.ts";
import { checkLastMove } from "./last-move.ts";
import { lookForNotCarried } from "./not-carried-look.ts";
import type { LookedAt } from "./readiness-record.ts";
import { systemRequestId } from "./request-id.ts";

/** Whether the peer answers and has what people decided here. */
export function examinePeer(group: ProtectionGroupsTable, peer: SitesTable): readonly Finding[] {
  const isAway = peer.reachability === "unreachable";
  const status = syncStatusOf(group, "reachable");
  const silent = `${peer.name} does not answer: ${peer.reachability_reason ?? "unknown"}`;
  const differs = `The description of the group is ${status} with ${peer.name}.`;
  return [
    isAway
      ? fromPlan(finding("peer.unreachable", peer.name, silent))
      : passed("peer", peer.name, "Keystone and Protector answer."),
    status === "IN SYNC"
      ? passed("sync", group.name, "Both sites hold the same description of the group.")
      : fromPlan(finding("protection_group.out_of_sync", group.name, differs)),
  ];
}

/** A group's sites, as a look reaches them. */
interface Scene {
  readonly ports: EnginePorts;
  readonly view: GroupView;
  /** This site, where the servers run. */
  readonly source: SiteAccess;
  readonly target: SiteAccess;
}

function access(ports: EnginePorts, view: GroupView): AccessRequest {
  return { view, transport: ports.transport, userId: "", requestId: systemRequestId(ports) };
}

/**
 * Everything that a planned failover to the peer, or a failback to it, would look at now, and what has changed since the
 * group was protected.
 * @throws OutsideError, ProtectorError when the look itself fails.
 */
export async function examineGroup(
  ports: EnginePorts,
  view: GroupView,
  { localSiteId, peer }: { readonly localSiteId: string; readonly peer: SitesTable },
): Promise<LookedAt> {
  const request = access(ports, view);
  const source = await openSite(ports, request, localSiteId);
  const target = await openSite(ports, request, peer.id);
  try {
    return await examine({ ports, view, source, target });
  } finally {
    await Promise.allSettled([source.array.close(), target.array.close()]);
  }
}

async function examine(scene: Scene): Promise<LookedAt> {
  const { ports, view, source, target } = scene;
  const operation = { id: ports.random.uuid() };
  const { connection } = ports;
  const isAway = view.group.primary_site_id !== view.group.home_site_id;
  const away = isAway ? await observeFailback({ view, source, target, operation, connection }) : undefined;
  const input = away ?? (await observeFailover({ view, source, target, operation, connection }));
  const { blockers, warnings } = away ? checkFailback(away, comingHome(away)) : checkFailover(input);
  const drift = away ? [] : await lookForDrift(scene, input);
  const drifted = new Set(drift.map(({ subject }) => subject));
  // Drift tells which volume; the plan only that they differ.
  const told = blockers
    .filter(({ check, subject }) => check !== "member.changed" || !drifted.has(subject))
    .map(asStanding);
  const found = [
    ...told.map(asReadiness),
    ...drift,
    ...(isAway ? [] : leftBehind(view.group.name, { siteName: target.siteName, names: await leftAt(scene) })),
    ...(await lookAtPoints(scene, input)),
    ...(await checkTrust(source)),
    ...(await checkCredentials(ports, view, [source, target])),
    ...(await checkLastDrill(ports, view.group)),
    ...(await checkLastMove(ports, view.group)),
    ...checkLink(input),
    ...(away ? [] : checkMappingFit(input)),
    ...checkSecurityGroupRules(input, await source.admin.network.listSecurityGroups({ projectId: source.projectId })),
    ...warnings.filter(({ check }) => check !== "failover.left_behind").map(fromPlan),
  ];
  return {
    checks: [
      ...found,
      ...matters(found, { name: view.group.name, isInPod: isInPod(input.group) }),
      checkArrayRoom(source.siteName, await source.array.health()),
      checkArrayRoom(target.siteName, await target.array.health()),
      ...(await lookForNotCarried(source, input.members)),
      ...notes(view.group.name),
    ],
    predictedRto: blockers.length > 0 ? null : await predictRto(scene, input, away),
  };
}

/**
 * What matters at the site that would recover the group: the tenant's trust, which only its own site can try, and the
 * administrator's credential there.
 */
export async function examineStandby(
  ports: EnginePorts,
  view: GroupView,
  { localSiteId, peer }: { readonly localSiteId: string; readonly peer: SitesTable },
): Promise<readonly Finding[]> {
  const local = await openSite(ports, access(ports, view), localSiteId);
  try {
    const reason = `The group runs at ${peer.name}: everything else is looked at there.`;
    const trust = await checkTrust(local);
    return [
      passed("primary", view.group.name, reason),
      ...trust,
      ...(trust.length === 0 ? [passed("trust", local.siteName, "A trust of the project yields a token here.")] : []),
      ...(await checkCredentials(ports, view, [local])),
      checkArrayRoom(local.siteName, await local.array.health()),
    ];
  } finally {
    await local.array.close().catch(() => {});
  }
}

/** That no way leads back into a pod is so for good: it keeps nobody from recovering the group. */
function asStanding(check: CheckResult): CheckResult {
  return check.check === "failback.into_pod" ? { ...check, result: "warning" } : check;
}

/** An operation that holds the group passes by itself. */
function asReadiness(check: Parameters<typeof fromPlan>[0]): Finding {
  return fromPlan(check.check === "marker.held" ? { ...check, result: "warning" } : check);
}

/** Members at home that have a server at the other site as well: a failover there may have deleted it since. */
async function leftAt({ view: { members }, target }: Scene): Promise<readonly string[]> {
  const recorded = members.filter(({ row }) => row.peer_server_id !== null);
  if (recorded.length === 0) return [];
  const standing = new Set((await target.reads.servers()).map(({ id }) => id));
  return recorded.filter(({ row }) => standing.has(row.peer_server_id ?? "")).map(({ name }) => name);
}

async function lookForDrift({ view, source }: Scene, input: FailoverInput): Promise<readonly Finding[]> {
  const { network, volume } = source.admin;
  const [volumes, ports, types] = await Promise.all([
    source.reads.volumes(),
    network.listPorts({ projectId: source.projectId }),
    volume.listTypes(),
  ]);
  const byId = new Map(volumes.map((each) => [each.id, each]));
  const replicated = types.filter(({ extraSpecs }) => /true/i.test(extraSpecs.replication_enabled ?? ""));
  return input.members.flatMap((member) => {
    const server = input.source.servers.get(member.serverId);
    if (!server) return [];
    return memberDrift({
      groupName: view.group.name,
      member,
      server,
      volumes: byId,
      ports: ports.filter(({ deviceId }) => deviceId === member.serverId),
      replicatedTypes: source.array.holdsData ? new Set(replicated.map(({ name }) => name)) : undefined,
      arrayNameOf: (each) => arrayNameOf(source, each),
    });
  });
}

async function lookAtPoints({ ports, view, source, target }: Scene, input: FailoverInput): Promise<readonly Finding[]> {
  const from = pointsOf(input.group.arrayGroup, await source.arrayName());
  const points = await target.array.listRecoveryPoints(from);
  // Nothing depends on a point: an unplanned failover cuts one of all that was written.
  if (isInPod(input.group)) {
    const { intervalMs } = input.replication;
    const now = ports.clock.now();
    return checkKeptPoints({ groupName: view.group.name, siteName: target.siteName, points, intervalMs, now });
  }
  const found = checkPoints({
    groupName: view.group.name,
    siteName: target.siteName,
    points,
    rpoMinutes: view.policy?.rpo_minutes ?? 0,
    intervalMs: input.replication.intervalMs,
    now: ports.clock.now(),
  });
  const newest = points.find(({ isUsable }) => isUsable);
  if (!newest) return found;
  const held = await target.array.volumesOfPoint(from, newest.suffix);
  const names = new Set(held.map(({ sourceVolume }) => sourceVolume.toLowerCase()));
  const volumes = input.members.flatMap(({ description }) => description.volumes.map((each) => each.array_volume));
  const missing = volumes.filter((name) => !names.has(name.toLowerCase()));
  if (missing.length === 0) return found;
  const reason = `The newest complete recovery point lacks ${missing.length} of ${volumes.length} volumes: ${missing.slice(0, 3).join(", ")}.`;
  const remedy = `Replicate once more and wait: protector protection-group replicate ${view.group.name} --wait`;
  return [...found, critical({ check: "recovery_point.lacks_volumes", subject: target.siteName, reason, remedy })];
}

async function checkTrust(site: SiteAccess): Promise<readonly Finding[]> {
  try {
    await (await site.tenant()).token();
    return [];
  } catch (error) {
    if (!(error instanceof ProtectorError)) throw error;
    return [fromPlan(finding(error.code as ErrorCode, site.siteName, error.message))];
  }
}

function checkLink({ source }: FailoverInput): readonly Finding[] {
  if (source.connection?.status !== "degraded") return [];
  const reason = `Some paths from the array at ${source.siteName} to ${source.connection.array} are down.`;
  const remedy = "See that every replication path of both arrays is up.";
  return [warning({ check: "storage.link_degraded", subject: source.siteName, reason, remedy })];
}

/** How long the operation that would move the group now would take, at the site that would run it. */
async function predictRto({ ports, target }: Scene, input: FailoverInput, away: FailbackInput | undefined) {
  const plan = away ? planFailback(away) : planPlannedFailover(input);
  const kind = away
    ? ({ type: "failback", mode: null, site_id: target.siteId } as const)
    : ({ type: "failover", mode: "planned", site_id: target.siteId } as const);
  return forecastDuration(ports.connection, kind, plan.steps);
}
