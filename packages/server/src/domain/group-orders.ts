import {
  type OperationMode,
  type OperationType,
  type ProtectionGroupAction,
  ProtectorError,
} from "@protector/contract";
import { listMembers } from "../db/repositories/members.ts";
import { findOperation } from "../db/repositories/operations.ts";
import type { ProtectionGroupView } from "../db/repositories/protection-groups.ts";
import { plansOfGroup } from "../db/repositories/recovery-plans.ts";
import { findReplicationPolicy } from "../db/repositories/replication-policies.ts";
import { findSite } from "../db/repositories/sites.ts";
import type { Db } from "../db/transaction.ts";
import { hasMovedInPair } from "./epochs.ts";
import {
  requireChangeable,
  requireLostPeer,
  requireNotBusy,
  requireNotGivenUp,
  requirePrimaryHere,
  requireStatus,
} from "./group-guards.ts";
import { requireKeptChoice } from "./kept-choice.ts";
import { NEWEST_TEST, requireProvenTest } from "./proven-tests.ts";
import { standingTests } from "./standing-tests.ts";

/** What somebody wants done with a group: the operation that does it, and what it needs of the group. */
export interface GroupOrder {
  readonly type: OperationType;
  readonly mode?: OperationMode | null;
  readonly isDryRun?: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Types of operation that give way when they hold the group: they are cancelled at their next boundary. */
  readonly displaces?: readonly OperationType[];
  /** Whether the group lets it; asked before anything is made, and again in the transaction (`holder` = the operation). */
  check(db: Db, group: ProtectionGroupView, holder: string): Promise<void>;
}

const AT_REST = ["active", "failed_over", "failed_over_partial"] as const;

/**
 * The order that an action stands for at a site.
 * @throws ProtectorError `request.invalid` for options of another mode.
 */
export function groupOrder(body: ProtectionGroupAction, siteId: string): GroupOrder {
  const order = orderOf(body, siteId);
  if (body.delete || body.test_cleanup) return order;
  const check: GroupOrder["check"] = async (db, group, holder) => {
    await requireNotGivenUp(db, group);
    await order.check(db, group, holder);
  };
  return { ...order, check };
}

function orderOf(body: ProtectionGroupAction, siteId: string): GroupOrder {
  if (body.failover) requireWindow("failover", body.failover);
  if (body.failover?.mode === "unplanned") return unplannedOrder(body.failover, siteId);
  if (body.failover) {
    const { mode, dry_run, ...parameters } = body.failover;
    requireOwnOptions(body.failover);
    return {
      type: "failover",
      mode,
      isDryRun: dry_run ?? false,
      parameters,
      check: async (db, group, holder) => {
        await requireTargetHere(db, group, siteId);
        await requireAtRest(db, group, holder);
        await requireHome(db, group);
        await requirePolicy(db, group);
      },
    };
  }
  if (body.failback) {
    const { dry_run, ...parameters } = body.failback;
    return {
      type: "failback",
      isDryRun: dry_run ?? false,
      parameters,
      check: async (db, group, holder) => {
        await requireHomeHere(db, group, siteId);
        await requireAtRest(db, group, holder);
        await requirePolicy(db, group);
      },
    };
  }
  if (body.reprotect) {
    const { dry_run, ...parameters } = body.reprotect;
    return {
      type: "reprotect",
      isDryRun: dry_run ?? false,
      parameters,
      check: async (db, group, holder) => {
        await requirePrimaryHere(db, group, siteId);
        await requireAtRest(db, group, holder);
        await requireAwayOrBack(db, group);
        await requirePolicy(db, group);
      },
    };
  }
  if (body.move_home) {
    const { dry_run, ...parameters } = body.move_home;
    return {
      type: "move_home",
      isDryRun: dry_run ?? false,
      parameters,
      check: async (db, group, holder) => {
        await requirePrimaryHere(db, group, siteId);
        await requireAtRest(db, group, holder);
        await requireAwayFromHome(db, group);
        await requirePolicy(db, group);
      },
    };
  }
  if (body.test_failover) {
    const { dry_run, ...parameters } = body.test_failover;
    return {
      type: "test_failover",
      isDryRun: dry_run ?? false,
      parameters,
      check: async (db, group, holder) => {
        await requireTargetHere(db, group, siteId);
        await requireAtRest(db, group, holder);
        await requirePolicy(db, group);
      },
    };
  }
  if (body.test_cleanup) {
    const { test_id } = body.test_cleanup;
    return {
      type: "test_cleanup",
      parameters: body.test_cleanup,
      check: async (db, group, holder) => {
        await requireNotBusy(db, group, holder);
        const standing = await standingTests(db, { groupId: group.id, testId: test_id });
        if (standing.length > 0) return;
        const which = test_id === undefined ? "No test" : `Test ${test_id} does not stand, or is none`;
        throw new ProtectorError(
          "test.none_standing",
          `${which} of protection group "${group.name}" stands at this site.`,
        );
      },
    };
  }
  if (body.test_promote) return promoteOrder(body.test_promote, siteId);
  if (body.delete) return deletionOrder(body.delete, siteId);
  if (body.reclaim) {
    const { dry_run, ...parameters } = body.reclaim;
    return {
      type: "reclaim",
      isDryRun: dry_run ?? false,
      parameters,
      check: (db, group) => requireReclaimable(db, group, { siteId, reason: parameters.reason }),
    };
  }
  return {
    type: "sync",
    parameters: {},
    check: async (db, group, holder) => {
      await requireAtRest(db, group, holder);
      await requirePolicy(db, group);
    },
  };
}

/**
 * Deletes a group: one without members, or without its other site with them.
 * @throws ProtectorError `request.invalid` for a lost site without a reason, or a reason without one.
 */
export function deletionOrder(wanted: NonNullable<ProtectionGroupAction["delete"]>, siteId: string): GroupOrder {
  const { peer_lost: isPeerLost = false, reason, kept_snapshots: kept } = wanted;
  if (isPeerLost !== (reason !== undefined))
    throw new ProtectorError("request.invalid", "delete: peer_lost and reason go together.");
  return {
    type: "group_delete",
    parameters: wanted,
    check: async (db, group, holder) => {
      const statuses = [...AT_REST, "creating", "error"] as const;
      if (isPeerLost) {
        if (group.given_up_at === null) await requirePrimaryHere(db, group, siteId);
        await requireNotBusy(db, group, holder);
        requireStatus(group, statuses);
        requireLostPeer(group);
      } else await requireChangeable(db, group, { localSiteId: siteId, statuses, holder });
      await requireInNoPlan(db, group);
      if (!isPeerLost) await requireNoMembers(db, group);
      await requireKeptChoice(db, group, kept);
    },
  };
}

async function requireNoMembers(db: Db, group: ProtectionGroupView): Promise<void> {
  const members = await listMembers(db, group.id, { limit: 1 });
  if (members.length === 0) return;
  const detail = `Protection group "${group.name}" has ${group.member_count === 1 ? "a member" : `${group.member_count} members`}.`;
  throw new ProtectorError("protection_group.not_empty", detail);
}

/** Operations that give way to an unplanned failover: it is refused for none of them. */
const GIVES_WAY = ["test_failover", "test_cleanup", "sync", "member_add", "member_remove", "member_update"] as const;

/**
 * Refused for nothing that the lost site may have left behind: not for what it was doing, nor for where the group is at
 * home. Whether there is a point to recover from is for the plan to say.
 */
function unplannedOrder(
  { mode, dry_run, ...parameters }: NonNullable<ProtectionGroupAction["failover"]>,
  siteId: string,
): GroupOrder {
  return {
    type: "failover",
    mode,
    isDryRun: dry_run ?? false,
    parameters: { ...parameters, as: "unplanned" },
    displaces: GIVES_WAY,
    check: async (db, group, holder) => {
      await requireTargetHere(db, group, siteId);
      await requireNoOtherFailover(db, group, holder);
      await requirePolicy(db, group);
      if (group.status === "creating" || group.status === "deleting") requireStatus(group, AT_REST);
    },
  };
}

/** An unplanned failover from the point that a test has proven here. */
function promoteOrder(
  { test_id, ...wish }: NonNullable<ProtectionGroupAction["test_promote"]>,
  siteId: string,
): GroupOrder {
  requireWindow("test_promote", wish);
  const order = unplannedOrder({ mode: "unplanned", ...wish }, siteId);
  return {
    ...order,
    parameters: { ...order.parameters, promotes: test_id ?? NEWEST_TEST },
    check: async (db, group, holder) => {
      await order.check(db, group, holder);
      await requireProvenTest(db, { group, siteId, promotes: test_id ?? NEWEST_TEST });
    },
  };
}

/** One that is under way here already goes on without its source by a verb of its own; one without a plan gives way. */
async function requireNoOtherFailover(db: Db, group: ProtectionGroupView, holder: string): Promise<void> {
  const held = group.current_operation_id;
  const operation = held === null || held === holder ? undefined : await findOperation(db, { id: held });
  if (operation?.type !== "failover" || operation.plan === null) return;
  const detail = `Protection group "${group.name}" is being failed over by ${operation.id} (${operation.status}). Without its source it goes on with: protector operation resume ${operation.id} --as unplanned --reason TEXT`;
  throw new ProtectorError("protection_group.busy", detail, { facts: { operation_id: operation.id } });
}

/** @throws ProtectorError `request.invalid` for what only an unplanned failover knows. */
function requireOwnOptions({ recovery_point, reason }: NonNullable<ProtectionGroupAction["failover"]>): void {
  if (recovery_point === undefined && reason === undefined) return;
  const field = recovery_point === undefined ? "failover.reason" : "failover.recovery_point";
  throw new ProtectorError("request.invalid", `The request is not valid: ${field} is for unplanned failovers.`, {
    facts: { fields: [{ field, problem: "is for unplanned failovers" }] },
  });
}

/** @throws ProtectorError `request.invalid` for an end of a window that is not asked for. */
function requireWindow(
  verb: "failover" | "test_promote",
  { commit_window, at_window_end }: NonNullable<ProtectionGroupAction["test_promote"]>,
): void {
  if (at_window_end === undefined || commit_window !== undefined) return;
  const field = `${verb}.at_window_end`;
  const problem = "goes with commit_window";
  throw new ProtectorError("request.invalid", `The request is not valid: ${field} ${problem}.`, {
    facts: { fields: [{ field, problem }] },
  });
}

/** A group that an operation has in hand is refused with that operation's name, not only with its status. */
async function requireAtRest(db: Db, group: ProtectionGroupView, holder: string): Promise<void> {
  if (!(AT_REST as readonly string[]).includes(group.status)) await requireNotBusy(db, group, holder);
  requireStatus(group, AT_REST);
}

/** The way back is another one: it keeps what waits at home. */
async function requireHome(db: Db, group: ProtectionGroupView): Promise<void> {
  if (group.primary_site_id === group.home_site_id) return;
  const site = await findSite(db, group.primary_site_id);
  throw new ProtectorError(
    "protection_group.wrong_status",
    `Protection group "${group.name}" runs at site "${site?.name ?? "unknown"}", away from its home. Bring it back with: protector failback ${group.name}`,
  );
}

/** A failback runs at the group's home, which it has left. */
async function requireHomeHere(db: Db, group: ProtectionGroupView, siteId: string): Promise<void> {
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
async function requireAwayOrBack(db: Db, group: ProtectionGroupView): Promise<void> {
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
async function requireAwayFromHome(db: Db, group: ProtectionGroupView): Promise<void> {
  if (group.primary_site_id !== group.home_site_id) return;
  const site = await findSite(db, group.home_site_id);
  const detail = `Protection group "${group.name}" is ${group.status} at its home, site "${site?.name ?? "unknown"}", already.`;
  throw new ProtectorError("protection_group.wrong_status", detail);
}

/** A failover runs on the site that will survive it. */
async function requireTargetHere(db: Db, group: ProtectionGroupView, siteId: string): Promise<void> {
  if (group.primary_site_id !== siteId) return;
  const peer = await findSite(db, group.peer_site_id);
  throw new ProtectorError(
    "protection_group.wrong_status",
    `Protection group "${group.name}" runs at this site already; start the failover at site "${peer?.name ?? "unknown"}" (${group.peer_site_id}).`,
  );
}

async function requirePolicy(db: Db, group: ProtectionGroupView): Promise<void> {
  if (await findReplicationPolicy(db, group.id)) return;
  throw new ProtectorError("protection_group.no_policy", `Protection group "${group.name}" has no replication policy.`);
}

/** Only a site whose servers the group once ran has something to take back. */
async function requireReclaimable(
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
