import { ProtectorError } from "@protector/contract";
import { listMembers } from "../db/repositories/members.ts";
import { findOperation } from "../db/repositories/operations.ts";
import type { ProtectionGroupView } from "../db/repositories/protection-groups.ts";
import { plansOfGroup } from "../db/repositories/recovery-plans.ts";
import { findReplicationPolicy } from "../db/repositories/replication-policies.ts";
import { findSite } from "../db/repositories/sites.ts";
import type { Db } from "../db/transaction.ts";
import { hasMovedInPair } from "./epochs.ts";
import { requireNotBusy, requireStatus } from "./group-guards.ts";

/*
 * What an order of an operation needs of its group, beyond what every change of a group does. Each throws a ProtectorError,
 * `protection_group.wrong_status` where nothing else is said.
 */

/** Statuses of a group that nothing is being done with. */
export const AT_REST = ["active", "failed_over", "failed_over_partial"] as const;

/** @throws ProtectorError `protection_group.not_empty` */
export async function requireNoMembers(db: Db, group: ProtectionGroupView): Promise<void> {
  const members = await listMembers(db, group.id, { limit: 1 });
  if (members.length === 0) return;
  const detail = `Protection group "${group.name}" has ${group.member_count === 1 ? "a member" : `${group.member_count} members`}.`;
  throw new ProtectorError("protection_group.not_empty", detail);
}

/** One that is under way here already goes on without its source by a verb of its own; one without a plan gives way. */
export async function requireNoOtherFailover(db: Db, group: ProtectionGroupView, holder: string): Promise<void> {
  const held = group.current_operation_id;
  const operation = held === null || held === holder ? undefined : await findOperation(db, { id: held });
  if (operation?.type !== "failover" || operation.plan === null) return;
  const detail = `Protection group "${group.name}" is being failed over by ${operation.id} (${operation.status}). Without its source it goes on with: protector operation resume ${operation.id} --as unplanned --reason TEXT`;
  throw new ProtectorError("protection_group.busy", detail, { facts: { operation_id: operation.id } });
}

/** A group that an operation has in hand is refused with that operation's name, not only with its status. */
export async function requireAtRest(db: Db, group: ProtectionGroupView, holder: string): Promise<void> {
  if (!(AT_REST as readonly string[]).includes(group.status)) await requireNotBusy(db, group, holder);
  requireStatus(group, AT_REST);
}

/** The way back is another one: it keeps what waits at home. */
export async function requireHome(db: Db, group: ProtectionGroupView): Promise<void> {
  if (group.primary_site_id === group.home_site_id) return;
  const site = await findSite(db, group.primary_site_id);
  throw new ProtectorError(
    "protection_group.wrong_status",
    `Protection group "${group.name}" runs at site "${site?.name ?? "unknown"}", away from its home. Bring it back with: protector failback ${group.name}`,
  );
}

/** A failback runs at the group's home, which it has left. */
export async function requireHomeHere(db: Db, group: ProtectionGroupView, siteId: string): Promise<void> {
  const home = await findSite(db, group.home_site_id);
  const named = `site "${home?.name ?? "unknown"}" (${group.home_site_id})`;
  if (group.primary_site_id === group.home_site_id) {
    const detail = `Protection group "${group.name}" is ${group.status} at its home, ${named}: there is nothing to bring home.`;
    throw new ProtectorError("protection_group.wrong_status", detail);
  }
  if (group.home_site_id === siteId) return;
  const detail = `Protection group "${group.name}" runs here; start the failback at its home, ${named}.`;
  throw new ProtectorError("protection_group.wrong_status", detail);
}

/** At home a group replicates as its policy says, unless it has come back without the other site. */
export async function requireAwayOrBack(db: Db, group: ProtectionGroupView): Promise<void> {
  if (group.primary_site_id !== group.home_site_id) return;
  const hasMoved = hasMovedInPair(group.epoch, { primary: group.primary_site_id, peer: group.peer_site_id });
  if (hasMoved && group.protection === "unprotected") return;
  const left = (await listMembers(db, group.id)).some(({ peer_server_id }) => peer_server_id !== null);
  if (left) return;
  const site = await findSite(db, group.home_site_id);
  throw new ProtectorError(
    "protection_group.wrong_status",
    `Protection group "${group.name}" is ${group.status} at its home, site "${site?.name ?? "unknown"}", and nothing of it is left at the other one: it is reprotected only when it was failed over.`,
  );
}

/** The primary of a group at home is its home. */
export async function requireAwayFromHome(db: Db, group: ProtectionGroupView): Promise<void> {
  if (group.primary_site_id !== group.home_site_id) return;
  const site = await findSite(db, group.home_site_id);
  const detail = `Protection group "${group.name}" is ${group.status} at its home, site "${site?.name ?? "unknown"}", already.`;
  throw new ProtectorError("protection_group.wrong_status", detail);
}

/** A failover runs on the site that will survive it. */
export async function requireTargetHere(db: Db, group: ProtectionGroupView, siteId: string): Promise<void> {
  if (group.primary_site_id !== siteId) return;
  const peer = await findSite(db, group.peer_site_id);
  throw new ProtectorError(
    "protection_group.wrong_status",
    `Protection group "${group.name}" runs at this site already; start the failover at site "${peer?.name ?? "unknown"}" (${group.peer_site_id}).`,
  );
}

/** @throws ProtectorError `protection_group.no_policy` */
export async function requirePolicy(db: Db, group: ProtectionGroupView): Promise<void> {
  if (await findReplicationPolicy(db, group.id)) return;
  throw new ProtectorError("protection_group.no_policy", `Protection group "${group.name}" has no replication policy.`);
}

/** Only a site whose servers the group once ran has something to take back. */
export async function requireReclaimable(
  db: Db,
  group: ProtectionGroupView,
  { siteId, reason }: { readonly siteId: string; readonly reason: string | undefined },
): Promise<void> {
  if (group.primary_site_id === siteId) return;
  const primary = await findSite(db, group.primary_site_id);
  const named = `"${primary?.name ?? "unknown"}" (${group.primary_site_id})`;
  const isHome = group.home_site_id === siteId;
  if (!isHome && !hasMovedInPair(group.epoch, { primary: group.primary_site_id, peer: siteId })) {
    const detail = `Protection group "${group.name}" never ran at this site; reclaim it at site ${named}.`;
    throw new ProtectorError("reclaim.not_here", detail);
  }
  if (reason === undefined) {
    const detail = `Site ${named} holds epoch ${group.epoch} of "${group.name}" and may be running its servers.`;
    throw new ProtectorError("reclaim.reason_required", detail);
  }
}

/** A plan that names a group which is gone would recover less than whoever made it believes. */
export async function requireInNoPlan(db: Db, group: ProtectionGroupView): Promise<void> {
  const plans = await plansOfGroup(db, group.id);
  if (plans.length === 0) return;
  const names = plans.map((name) => `"${name}"`).join(", ");
  throw new ProtectorError(
    "protection_group.in_recovery_plan",
    `Protection group "${group.name}" is in recovery plan ${names}.`,
  );
}
