import {
  type OperationMode,
  type OperationType,
  type ProtectionGroupAction,
  ProtectorError,
} from "@protector/contract";
import type { ProtectionGroupView } from "../db/repositories/protection-groups.ts";
import type { Db } from "../db/transaction.ts";
import {
  requireChangeable,
  requireLostPeer,
  requireNotBusy,
  requireNotGivenUp,
  requirePrimaryHere,
  requireStatus,
} from "./group-guards.ts";
import {
  AT_REST,
  requireAtRest,
  requireAwayFromHome,
  requireAwayOrBack,
  requireHome,
  requireHomeHere,
  requireInNoPlan,
  requireNoMembers,
  requireNoOtherFailover,
  requirePolicy,
  requireReclaimable,
  requireTargetHere,
} from "./group-order-guards.ts";
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
