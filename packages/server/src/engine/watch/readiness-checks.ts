import { type CheckResult, type ErrorCode, ProtectorError } from "@protector/contract";
import type { ProtectionGroupsTable, SitesTable } from "../../db/schema.ts";
import { syncStatusOf } from "../../domain/sync-status.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { checkFailback } from "../plans/failback-checks.ts";
import { comingHome } from "../plans/failback-input.ts";
import { checkFailover, finding } from "../plans/failover-checks.ts";
import type { FailoverInput } from "../plans/failover-input.ts";
import { openSite } from "../world/group-access.ts";
import type { GroupView } from "../world/group-view.ts";
import { observeFailback } from "../world/observe-failback.ts";
import { observeFailover } from "../world/observe-failover.ts";
import type { SiteAccess } from "../world/site-access.ts";
import { systemRequestId } from "./request-id.ts";

/** Whether the peer answers and has what people decided here. */
export function examinePeer(group: ProtectionGroupsTable, peer: SitesTable): readonly CheckResult[] {
  const isAway = peer.reachability === "unreachable";
  const status = syncStatusOf(group, "reachable");
  return [
    isAway
      ? finding("peer.unreachable", peer.name, `${peer.name} does not answer: ${peer.reachability_reason ?? "unknown"}`)
      : passed("peer", peer.name, "Keystone and Protector answer."),
    status === "IN SYNC"
      ? passed("sync", group.name, "Both sites hold the same description of the group.")
      : finding(
          "protection_group.out_of_sync",
          group.name,
          `The description of the group is ${status} with ${peer.name}.`,
        ),
  ];
}

/** What a line of the result stands for when nothing of it was found wrong: one line per matter that was looked at. */
const MATTERS: readonly { readonly check: string; readonly codes: RegExp; readonly reason: string }[] = [
  { check: "markers", codes: /^marker\./, reason: "The marker stands at the group's epoch on both arrays." },
  {
    check: "replication",
    codes: /^(storage\.|member\.volume_not_replicated|failback\.not_reprotected)/,
    reason: "The array group holds every volume, its target is allowed and the arrays are connected.",
  },
  { check: "recovery_point", codes: /^recovery_point\./, reason: "A recovery point inside the RPO is complete there." },
  {
    check: "servers",
    codes: /^(member\.(server_not_found|changed|wrong_state)|protection_group\.wrong_status)$/,
    reason: "Every server and its volumes are as they were captured.",
  },
  { check: "mappings", codes: /^mapping\./, reason: "Everything the servers use is mapped to something that exists." },
  { check: "addresses", codes: /^address\./, reason: "No fixed IP or MAC of the servers is taken there." },
  { check: "quota", codes: /^quota\./, reason: "The project's quota there has room for the servers." },
  {
    check: "capacity",
    codes: /^capacity\./,
    reason: "Placement knows hosts there with room for a server of each size.",
  },
  { check: "trust", codes: /^trust\./, reason: "A trust of the project yields a token here." },
  { check: "cinder_backend", codes: /^site\./, reason: "The Cinder backend on the array there is known." },
];

/**
 * Everything that a planned failover to the peer, or a failback to it, would look at now.
 * @throws OutsideError, ProtectorError when the look itself fails.
 */
export async function examineGroup(
  ports: EnginePorts,
  view: GroupView,
  { localSiteId, peer }: { readonly localSiteId: string; readonly peer: SitesTable },
): Promise<readonly CheckResult[]> {
  const access = { view, transport: ports.transport, userId: "", requestId: systemRequestId(ports) };
  const source = await openSite(ports, access, localSiteId);
  const target = await openSite(ports, access, peer.id);
  try {
    const operation = { id: ports.random.uuid() };
    const { connection } = ports;
    const isAway = view.group.primary_site_id !== view.group.home_site_id;
    const away = isAway ? await observeFailback({ view, source, target, operation, connection }) : undefined;
    const input = away ?? (await observeFailover({ view, source, target, operation }));
    const { blockers, warnings } = away ? checkFailback(away, comingHome(away)) : checkFailover(input);
    const found = [
      ...blockers.map(asReadiness),
      ...checkPoint(input, view, ports.clock.now()),
      ...(await checkTrust(source)),
      ...checkLink(input),
      ...warnings,
    ];
    return [...matters(found, view.group.name), ...found, notCarried(view)];
  } finally {
    await Promise.allSettled([source.array.close(), target.array.close()]);
  }
}

/** An operation that holds the group passes by itself. */
function asReadiness(check: CheckResult): CheckResult {
  return check.check === "marker.held" ? { ...check, result: "warning" } : check;
}

function matters(found: readonly CheckResult[], subject: string): readonly CheckResult[] {
  return MATTERS.filter(({ codes }) => !found.some(({ check }) => codes.test(check))).map(({ check, reason }) =>
    passed(check, subject, reason),
  );
}

function checkPoint(input: FailoverInput, view: GroupView, now: number): readonly CheckResult[] {
  const { siteName, newestUsablePoint } = input.target;
  if (!newestUsablePoint) {
    return [finding("recovery_point.none", siteName, `No recovery point of the group is complete at ${siteName}.`)];
  }
  const rpoMinutes = view.policy?.rpo_minutes ?? 0;
  const ageMinutes = Math.floor((now - newestUsablePoint.createdAt) / 60_000);
  if (ageMinutes <= rpoMinutes) return [];
  return [
    {
      check: "recovery_point.age",
      result: "warning",
      subject: siteName,
      reason: `The newest complete recovery point is ${ageMinutes} min old; the RPO is ${rpoMinutes} min.`,
      remedy:
        "See that replication runs and the link has enough bandwidth; `protector protection-group sync` sends now.",
    },
  ];
}

async function checkTrust(site: SiteAccess): Promise<readonly CheckResult[]> {
  try {
    await (await site.tenant()).token();
    return [];
  } catch (error) {
    if (error instanceof ProtectorError) return [finding(error.code as ErrorCode, site.siteName, error.message)];
    throw error;
  }
}

function checkLink({ source }: FailoverInput): readonly CheckResult[] {
  if (source.connection?.status !== "degraded") return [];
  const reason = `Some paths from the array at ${source.siteName} to ${source.connection.array} are down.`;
  return [{ check: "storage.link_degraded", result: "warning", subject: source.siteName, reason, remedy: null }];
}

function notCarried({ group }: GroupView): CheckResult {
  const reason =
    "Not carried by a failover: load-balancer membership, DNS records outside Neutron, Cinder snapshots and backups.";
  return passed("not_carried", group.name, reason);
}

function passed(check: string, subject: string, reason: string): CheckResult {
  return { check, result: "ok", subject, reason, remedy: null };
}
