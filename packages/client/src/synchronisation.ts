import type { SyncReceipt, SyncStatus } from "@protector/contract";
import { ApiError, clientError } from "./api-error.ts";
import { differencesOf, type FieldDifference } from "./document-differences.ts";
import { isOwed, type ReachableView, type SiteView } from "./site-view.ts";
import { carry, type InspectedGroup, type TwoSiteClient } from "./two-site-client.ts";

/** One site's part of a sync status. */
export interface SiteSync {
  readonly site: string;
  readonly isPrimary: boolean;
  readonly isReachable: boolean;
  /** Null = no answer, or the site has no such group. */
  readonly epoch: number | null;
  readonly generation: number | null;
  readonly digest: string | null;
  /** Why the site gives no answer; or that it has no such group. */
  readonly reason: string | null;
}

export interface SyncComparison {
  readonly protectionGroupId: string;
  readonly status: SyncStatus;
  /** Why it is so; null = nothing is missing. */
  readonly reason: string | null;
  /** What to do about it. */
  readonly remedy: string | null;
  readonly sites: readonly SiteSync[];
  /** Where both sites' descriptions differ, in the order of `sites`; only while they do. */
  readonly differences: readonly FieldDifference[];
}

/** How the two sites' descriptions of a group compare right now; changes nothing. */
export async function syncStatus(sites: TwoSiteClient, ref: string): Promise<SyncComparison> {
  const group = await sites.inspect(ref);
  const status = compare(group);
  return {
    protectionGroupId: group.id,
    status,
    ...explain(group, status),
    sites: group.views.map((view) => siteSync(view, view === group.primary)),
    differences: await differencesBetween(group),
  };
}

/** In words for whoever finds it at night: what is so, and the one command that mends it. */
function explain(
  { id, views, primary, other }: InspectedGroup,
  status: SyncStatus,
): Pick<SyncComparison, "reason" | "remedy"> {
  const name = views.flatMap((view) => (view.isReachable ? (view.group?.name ?? []) : []))[0] ?? id;
  switch (status) {
    case "IN SYNC":
      return { reason: null, remedy: null };
    case "UNREACHABLE": {
      const silent = views.flatMap((view) => (view.isReachable ? [] : [view.name]));
      return {
        reason: `${silent.join(" and ")} cannot be asked: what ${silent.length > 1 ? "they hold" : "it holds"} is not known.`,
        remedy: "Changes wait until both sites answer; see what is wrong with: protector doctor",
      };
    }
    case "CONFLICT":
      return {
        reason:
          "The sites describe the group differently and neither is newer by the rules: a database came back from an older copy.",
        remedy: `Choose the right one: protector protection-group sync-force ${name} --from SITE --reason TEXT`,
      };
    case "OUT OF SYNC": {
      const deleted = primary.isReachable && !primary.group;
      const what = deleted
        ? "that the group is deleted"
        : `generation ${primary.isReachable ? primary.sync?.generation : "?"}`;
      return {
        reason: `${primary.name} has no receipt of ${other.name} for ${what}; a command was cut off, or ${other.name} was away.`,
        remedy: `The next command on the group carries it; or: protector protection-group sync-force ${deleted ? id : name}`,
      };
    }
  }
}

async function differencesBetween({ id, views }: InspectedGroup): Promise<readonly FieldDifference[]> {
  const [near, far] = views;
  if (!near.isReachable || !far.isReachable || !near.sync || !far.sync) return [];
  if (near.sync.digest === far.sync.digest) return [];
  const [here, there] = await Promise.all(
    [near, far].map(({ client }) => client.call("sync.document", { path: { id } })),
  );
  return here && there ? differencesOf(here, there) : [];
}

function compare({ primary, other }: InspectedGroup): SyncStatus {
  if (!primary.isReachable || !other.isReachable) return "UNREACHABLE";
  const [here, there] = [primary.sync, other.sync];
  if (here && there && here.epoch === there.epoch) {
    if (here.generation === there.generation && here.digest !== there.digest) return "CONFLICT";
    if (there.generation > here.generation) return "CONFLICT";
  }
  return isOwed(primary, other) ? "OUT OF SYNC" : "IN SYNC";
}

function siteSync(view: SiteView, isPrimary: boolean): SiteSync {
  const base = { site: view.name, isPrimary, isReachable: view.isReachable };
  if (!view.isReachable) return { ...base, epoch: null, generation: null, digest: null, reason: view.failure.message };
  const { sync } = view;
  if (!sync) return { ...base, epoch: null, generation: null, digest: null, reason: "has no such protection group" };
  return { ...base, epoch: sync.epoch, generation: sync.generation, digest: sync.digest, reason: null };
}

export interface ForceRequest {
  /** Name of the site whose document is to win; needed when both claim the same epoch and generation. */
  readonly from?: string;
  /** Kept in the audit when a document is taken over another. */
  readonly reason?: string;
}

/** What a forced synchronisation did. */
export interface ForcedSync {
  readonly from: string;
  readonly to: string;
  readonly receipt: SyncReceipt;
  /** Whether the loser's document had to be overruled. */
  readonly isOverruled: boolean;
}

/**
 * Pushes the document of the authoritative site (higher epoch, then higher generation; or the one named) to the other.
 * @throws ApiError `sync.conflict` when neither is higher and none is named; `peer.unreachable`.
 */
export async function syncForce(
  sites: TwoSiteClient,
  ref: string,
  { from, reason }: ForceRequest = {},
): Promise<ForcedSync> {
  const { id, views } = await sites.inspect(ref);
  const [near, far] = views;
  if (!near.isReachable) throw near.failure;
  if (!far.isReachable) throw far.failure;
  const winner = from === undefined ? authoritative(near, far) : named(near, far, from);
  const loser = winner === near ? far : near;
  const told = { from: winner.name, to: loser.name };
  try {
    return { ...told, receipt: await carry(id, winner.client, loser.client), isOverruled: false };
  } catch (error) {
    if (from === undefined || !(error instanceof ApiError)) throw error;
    if (error.code !== "sync.stale" && error.code !== "sync.conflict") throw error;
  }
  if (reason === undefined) {
    const detail = `${loser.name} holds another document that would be overruled. State a reason of at least 10 characters.`;
    throw clientError("sync.conflict", loser.name, detail);
  }
  const document = await winner.client.call("sync.document", { path: { id } });
  const receipt = await loser.client.call("sync.force", { path: { id }, body: { document, reason } });
  await winner.client.call("sync.receipt", { path: { id }, body: receipt });
  return { ...told, receipt, isOverruled: true };
}

function authoritative(near: ReachableView, far: ReachableView): ReachableView {
  const [here, there] = [near.sync, far.sync];
  if (!there) return near;
  if (!here) return far;
  if (here.epoch !== there.epoch) return here.epoch > there.epoch ? near : far;
  if (here.generation !== there.generation) return here.generation > there.generation ? near : far;
  if (here.digest === there.digest) return here.is_primary_here ? near : far;
  const detail = `${near.name} and ${far.name} both claim generation ${here.generation} and differ (${here.digest.slice(0, 12)}, ${there.digest.slice(0, 12)}).`;
  throw clientError("sync.conflict", near.name, detail);
}

function named(near: ReachableView, far: ReachableView, name: string): ReachableView {
  const found = [near, far].find((view) => view.name === name || view.siteId === name);
  if (found) return found;
  throw clientError("site.not_found", name, `No site "${name}" here; the sites are ${near.name} and ${far.name}.`);
}
