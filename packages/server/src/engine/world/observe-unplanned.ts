import { pointsOf, type RecoveryPoint, type StorageArray } from "@protector/storage";
import { readJson, readTime } from "../../db/codecs.ts";
import { nextEpoch } from "../../domain/epochs.ts";
import { standingTests } from "../../domain/standing-tests.ts";
import type { FailoverMember } from "../plans/failover-input.ts";
import type { UnplannedInput } from "../plans/unplanned-failover.ts";
import { WORKED_STATUSES } from "../runner/lease.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { chosenPoint } from "./chosen-point.ts";
import { arrayGroupAt } from "./group-names.ts";
import { mappingLookup } from "./mapping.ts";
import { failoverMembers, observeTarget, replicationSettings } from "./observe-failover.ts";
import { atHome, homewardMembers, observeWaiting, typesBesidePod } from "./observe-homeward.ts";
import { observeCleared } from "./observe-left-behind.ts";
import { observePod } from "./observe-pod.ts";
import { observePromoted } from "./observe-promoted.ts";
import { unlessSilent, within } from "./within.ts";

/** What a person asked of an unplanned failover, as the operation holds it. */
interface UnplannedParameters {
  readonly recovery_point?: string;
  readonly reason?: string;
  /** Test failover whose point is taken: its id, or the newest. */
  readonly promotes?: string;
}

/** Looks at the surviving site, and at the other's marker if that answers, and gathers what is planned from. */
export async function observeUnplanned(context: PlanningContext): Promise<UnplannedInput> {
  const { operation, view, source, target, clock } = context;
  const { group } = view;
  const { recovery_point, reason, promotes } = readJson(operation.parameters) as UnplannedParameters;
  const promoted = promotes === undefined ? undefined : await observePromoted(context, promotes);
  const isHomeward = target.siteId === group.home_site_id;
  const mapping = isHomeward ? atHome : mappingLookup(view.mappings, false);
  const sites = { awayId: source.siteId, homeId: target.siteId };
  const members = isHomeward ? homewardMembers(view, sites) : failoverMembers(view, source.siteId);
  const volumes = members.flatMap(({ description }) => description.volumes.map((volume) => volume.array_volume));
  const [observed, chosen, ownMarker, otherMarker, nova, connections, tests, isTestLeaving, waiting, pod] =
    await Promise.all([
      observeTarget(context, members, mapping),
      chosenPoint(context, promoted?.pointName ?? recovery_point, promoted),
      target.array.readMarker(group.id),
      soon(context, (array) => array.readMarker(group.id)),
      unlessSilent(within({ clock }, { ms: LOOK_WITHIN_MS, who: source.siteName }, () => source.reads.servers())),
      soon(context, (array) => array.connectionsOf(volumes)),
      standingTests(context.connection.db, { groupId: group.id }),
      testIsLeaving(context),
      isHomeward ? observeWaiting(context, members) : undefined,
      observePod(arrayGroupAt(view, source.siteId), { source, target }, (question) => soon(context, question)),
    ]);
  const highest = Math.max(group.epoch, ownMarker?.epoch ?? 0, otherMarker?.epoch ?? 0);
  const next = nextEpoch(highest, { primary: target.siteId, peer: source.siteId });
  return {
    operationId: operation.id,
    group: { id: group.id, name: group.name, arrayGroup: arrayGroupAt(view, source.siteId) },
    epochs: { current: group.epoch, next, back: nextEpoch(next, { primary: source.siteId, peer: target.siteId }) },
    members: isHomeward && chosen.point ? await asInPoint(context, members, chosen.point) : members,
    mapping: isHomeward && target.pod !== undefined ? typesBesidePod(view, observed.volumeTypes) : mapping,
    replication: replicationSettings(view),
    pod,
    source: {
      siteName: source.siteName,
      servers: new Map(),
      marker: otherMarker,
      arrayGroup: undefined,
      connection: undefined,
    },
    ...(await observeCleared(context, observed)),
    sourceNames: new Map(),
    ...chosen,
    isPointAsked: (promoted?.pointName ?? recovery_point) !== undefined,
    ownMarker,
    answers: { nova: nova !== undefined, array: connections !== undefined && source.array.holdsData },
    reason,
    promoted,
    tests,
    isTestLeaving,
    waiting,
    // Looking took its time: what is written meanwhile is lost as well.
    now: clock.now(),
  };
}

/** Volumes may have grown at the site that is lost: as large as the point says. */
async function asInPoint(
  { view, source, target }: PlanningContext,
  members: readonly FailoverMember[],
  { suffix }: RecoveryPoint,
): Promise<readonly FailoverMember[]> {
  const of = pointsOf(arrayGroupAt(view, source.siteId), await source.arrayName());
  const volumes = await target.array.volumesOfPoint(of, suffix);
  const sizes = new Map(volumes.map(({ sourceVolume, bytes }) => [sourceVolume.toLowerCase(), Math.ceil(bytes / GIB)]));
  return members.map(({ description, ...member }) => {
    const sized = description.volumes.map((volume) => {
      return { ...volume, size_gib: sizes.get(volume.array_volume.toLowerCase()) ?? volume.size_gib };
    });
    return { ...member, description: { ...description, volumes: sized } };
  });
}

const GIB = 2 ** 30;

/** ms for which a test that gave way is waited for; after that what it still holds counts as taken. */
const LEAVES_WITHIN_MS = 300_000;

async function testIsLeaving({ connection, operation, now }: PlanningContext): Promise<boolean> {
  if (now - readTime(operation.created_at) > LEAVES_WITHIN_MS) return false;
  const row = await connection.db
    .selectFrom("dr_operations")
    .select("id")
    .where("protection_group_id", "=", operation.protection_group_id)
    .where("type", "in", ["test_failover", "test_cleanup"])
    .where("is_dry_run", "=", 0)
    .where("status", "in", WORKED_STATUSES)
    .executeTakeFirst();
  return row !== undefined;
}

/** ms that a site which may be dead is given to say something while the plan is made. */
const LOOK_WITHIN_MS = 10_000;

/** What the array of the site that is left says, if it says anything soon. */
function soon<T>(
  { source, clock }: PlanningContext,
  question: (array: StorageArray) => Promise<T>,
): Promise<T | undefined> {
  return unlessSilent(within({ clock }, { ms: LOOK_WITHIN_MS, who: source.siteName }, () => question(source.array)));
}
