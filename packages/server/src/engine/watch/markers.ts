import type { ProtectionGroupStatus } from "@protector/contract";
import type { Marker } from "@protector/storage";
import { inTransaction } from "../../db/transaction.ts";
import { isOfLaterPair, primaryAt } from "../../domain/epochs.ts";
import { FENCE_DUTY, oweFence, supersedeResting } from "../../domain/yield-to-peer.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { isOfOneGroup, type OperationRow } from "../runner/operation-store.ts";
import { isHeldBy } from "../steps/markers.ts";
import { loadReplicatedGroups, type ReplicatedGroup } from "../world/replicated-groups.ts";
import { localSite } from "../world/site-directory.ts";
import { ArrayRound } from "./array-round.ts";
import { doDutiesNow } from "./duties.ts";
import { GROUPS_TOGETHER, groupsToWatch, inParts } from "./group-list.ts";
import { type SeenMarkers, surveyMarkers } from "./group-markers.ts";
import { freeHeldMarkers } from "./held-markers.ts";
import { forEachSubject } from "./rounds.ts";

const never = new AbortController().signal;

/**
 * Compares every group's markers with what this site believes.
 *
 * | highest marker | what is done |
 * |---|---|
 * | held by the operation of this site that changes the group | left to it |
 * | above the row's epoch, in the other site's name | that site is primary: row, duty to fence this site, fence at once |
 * | above the row's epoch, in this site's name | adopted, unless an operation is at work |
 * | of a later pair of sites | as in the other site's name, and written down: it has given this site up as lost |
 * | above the row's epoch, where this site was given up | as in the other site's name, whoever's it is |
 * | anything else | nothing |
 *
 * A marker that is behind, on the other array than the highest, is raised by the primary when nobody works on the group: what
 * an operation could not tell an array that did not answer, or was taken back on one array only.
 *
 * A marker that a closed operation of this site still holds is given back, on either array.
 *
 * An operation of this site that rests (failed or paused) while the other site has taken over is closed as superseded.
 */
export async function watchMarkers(ports: EnginePorts, signal: AbortSignal = never): Promise<void> {
  const { connection } = ports;
  const { id: localSiteId } = await localSite(connection);
  const round = new ArrayRound(ports);
  try {
    const groupIds = await groupsToWatch(connection);
    const nameOf = ({ group }: ReplicatedGroup) => group.id;
    for (const ids of inParts(groupIds, GROUPS_TOGETHER)) {
      const subjects = await loadReplicatedGroups(connection, ids);
      await forEachSubject(ports, { watch: "markers", subjects, nameOf }, async (view) => {
        const look = { ports, view, localSiteId, signal };
        const seen = await surveyMarkers(round, view, { localSiteId, groupIds });
        const { highest } = seen;
        if (highest && highest.epoch > view.group.epoch) await learn(look, highest);
        else await level(look, round, seen);
        await freeHeldMarkers(look, round, seen);
      });
    }
  } finally {
    await round.close();
  }
}

interface Look {
  readonly ports: EnginePorts;
  readonly view: ReplicatedGroup;
  readonly localSiteId: string;
  readonly signal: AbortSignal;
}

/** Raises a marker that is behind to the primary's epoch; both have to be idle. */
async function level({ view, localSiteId }: Look, round: ArrayRound, seen: SeenMarkers): Promise<void> {
  const { group } = view;
  const { highest, bySite } = seen;
  const isOurs = group.primary_site_id === localSiteId && group.current_operation_id === null;
  if (!isOurs || !highest || highest.epoch !== group.epoch || highest.holder !== undefined) return;
  for (const [siteId, marker] of bySite) {
    if (marker.epoch >= highest.epoch || marker.holder !== undefined) continue;
    await round.ask(view, siteId, (array) => array.swapMarker(marker, highest));
  }
}

async function learn(look: Look, marker: Marker): Promise<void> {
  const operation = await currentOperation(look);
  if (operation && isHeldBy(marker, operation.id)) return;
  const { group } = look.view;
  const primarySiteId = primaryAt(group, look.localSiteId, marker.epoch);
  if (primarySiteId === look.localSiteId) {
    if (!operation) await adopt(look, marker);
    return;
  }
  await yieldTo(look, marker, primarySiteId);
}

async function currentOperation({ ports, view }: Look): Promise<OperationRow | undefined> {
  const id = view.group.current_operation_id;
  if (id === null) return undefined;
  const row = await ports.connection.db.selectFrom("dr_operations").selectAll().where("id", "=", id).executeTakeFirst();
  return row && isOfOneGroup(row) ? row : undefined;
}

/** The other site is primary: written down with the duty to fence, then fenced at once. */
async function yieldTo({ ports, view, localSiteId, signal }: Look, { epoch }: Marker, primarySiteId: string) {
  const { connection, random, events } = ports;
  const { group } = view;
  const takeover = { group, localSiteId, epoch, now: connection.now() };
  const isNewlyGivenUp = group.given_up_at === null && isOfLaterPair(epoch, group.epoch);
  let dutyId = "";
  const isNews = await inTransaction(connection.db, async (trx) => {
    const changed = await trx
      .updateTable("protection_groups")
      .set({
        epoch,
        primary_site_id: primarySiteId,
        status: statusAt(view, primarySiteId),
        protection: "unprotected",
        protection_reason:
          isNewlyGivenUp || group.given_up_at !== null
            ? `the other site has given this one up as lost and replaced it (epoch ${epoch})`
            : `the other site took the group over (epoch ${epoch})`,
        ...(isNewlyGivenUp ? { given_up_at: connection.now() } : {}),
        is_failover_ready: 0,
        updated_at: connection.now(),
      })
      .where("id", "=", group.id)
      .where("epoch", "=", group.epoch)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return false;
    dutyId = await oweFence(trx, random, takeover);
    await supersedeResting(trx, takeover);
    return true;
  });
  if (!isNews) return;
  if (group.primary_site_id !== primarySiteId) events({ kind: "primary_changed", groupId: group.id, epoch });
  await doDutiesNow(ports, [dutyId], signal);
}

/** This site is primary at a higher epoch than its row says. */
async function adopt({ ports, view, localSiteId }: Look, marker: Marker): Promise<void> {
  const { connection, events } = ports;
  const { group } = view;
  const isReturn = group.primary_site_id !== localSiteId;
  const isNews = await inTransaction(connection.db, async (trx) => {
    const changed = await trx
      .updateTable("protection_groups")
      .set({
        epoch: marker.epoch,
        ...(isReturn
          ? {
              primary_site_id: localSiteId,
              status: statusAt(view, localSiteId),
              protection: "seeding" as const,
              protection_reason: "waiting for a recovery point after the group came back",
            }
          : {}),
        updated_at: connection.now(),
      })
      .where("id", "=", group.id)
      .where("epoch", "=", group.epoch)
      .where("current_operation_id", "is", null)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return false;
    await trx
      .updateTable("duties")
      .set({ state: "done", done_at: connection.now(), last_error: "this site is primary again" })
      .where("protection_group_id", "=", group.id)
      .where("kind", "=", FENCE_DUTY)
      .where("state", "=", "owed")
      .execute();
    return true;
  });
  if (isNews && isReturn) events({ kind: "primary_changed", groupId: group.id, epoch: marker.epoch });
}

function statusAt({ group }: ReplicatedGroup, primarySiteId: string): ProtectionGroupStatus {
  return primarySiteId === group.home_site_id ? "active" : "failed_over";
}
