import type { ProtectionGroup, SyncState } from "@protector/contract";
import { ApiError, clientError } from "./api-error.ts";
import type { SiteClient } from "./site-client.ts";

/** What one site says about a group, or why it says nothing. */
export type SiteView =
  | {
      readonly isReachable: true;
      readonly client: SiteClient;
      readonly name: string;
      readonly siteId: string;
      /** Undefined = the site has no such group, or it is deleted. */
      readonly group: ProtectionGroup | undefined;
      /** Undefined = the site knows nothing of it; set without `group` = deleted, and a receipt is owed. */
      readonly sync: SyncState | undefined;
    }
  | { readonly isReachable: false; readonly name: string; readonly failure: ApiError };
export type ReachableView = SiteView & { readonly isReachable: true };

/**
 * Looks at one site: Keystone, `GET /`, the group. A site that gives no answer is a view too; a site that refuses is
 * an error.
 */
export async function viewOf(client: SiteClient, groupId: string): Promise<SiteView> {
  try {
    const [siteId, group, sync] = await Promise.all([
      siteIdOf(client),
      orMissing(client.call("protection_groups.show", { path: { id: groupId } })),
      orMissing(client.call("sync.show", { path: { id: groupId } })),
    ]);
    return { isReachable: true, client, name: client.name, siteId, group: group?.protection_group, sync: sync?.sync };
  } catch (error) {
    if (error instanceof ApiError && error.isSilence) return { isReachable: false, name: client.name, failure: error };
    throw error;
  }
}

/**
 * Id that the site's Protector minted.
 * @throws ApiError when it has none yet.
 */
export async function siteIdOf(client: SiteClient): Promise<string> {
  return (await identityOf(client)).id;
}

/** What the site publishes about itself at `GET /v1`. */
export async function identityOf(client: SiteClient) {
  const { site } = await client.call("versions.show");
  if (site) return site;
  const detail = `Protector of ${client.name} has no identity yet. Run on its controller: protector-manage db sync`;
  throw clientError("site.not_validated", client.name, detail);
}

/** The answer, or undefined when the group is not there. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.code === "protection_group.not_found") return undefined;
    throw error;
  }
}

/** The side that accepts changes, and the other, as far as they answer. */
export interface Roles {
  readonly primary: SiteView;
  readonly other: SiteView;
}

/**
 * Which of two views is the primary's: the one that the view with the highest epoch names.
 * @throws ApiError `protection_group.not_found`, or `site.ambiguous` when the group lives on other sites than these two.
 */
export function rolesOf(views: readonly [SiteView, SiteView], ref: string): Roles {
  const [near, far] = views;
  const reachable = views.filter((view): view is ReachableView => view.isReachable);
  const known = reachable.filter(({ sync }) => sync !== undefined);
  const best = known.reduce<ReachableView | undefined>(
    (winner, view) => (winner && epochOf(winner) >= epochOf(view) ? winner : view),
    undefined,
  );
  if (!best) throw silentOrMissing(views, ref);
  const opposite = best === near ? far : near;
  if (best.sync?.is_primary_here) return { primary: best, other: opposite };
  const primaryId = best.group?.primary_site_id;
  if (opposite.isReachable && primaryId !== undefined && opposite.siteId !== primaryId) {
    const detail = `Protection group "${best.group?.name ?? ref}" is not between ${near.name} and ${far.name}: its primary is site ${primaryId}.`;
    throw clientError("site.ambiguous", best.name, detail);
  }
  return { primary: opposite, other: best };
}

function epochOf(view: ReachableView): number {
  return view.sync?.epoch ?? -1;
}

function silentOrMissing(views: readonly SiteView[], ref: string): ApiError {
  const silent = views.find((view) => !view.isReachable);
  if (silent && !silent.isReachable && views.every((view) => !view.isReachable)) return silent.failure;
  const asked = views.filter((view) => view.isReachable).map((view) => view.name);
  const unasked = silent ? `; ${silent.name} does not answer` : "";
  const detail = `No protection group "${ref}" at ${asked.join(" or ")}${unasked}.`;
  return clientError("protection_group.not_found", asked[0] ?? "", detail);
}

/** Whether the other site lacks something that the primary has: a receipt, a generation, an epoch. */
export function isOwed(primary: ReachableView, other: ReachableView): boolean {
  const { sync } = primary;
  if (!sync) return false;
  const hasReceipt = sync.peer_generation === sync.generation && sync.peer_digest === sync.digest;
  if (!primary.group) return !hasReceipt;
  if (!hasReceipt || !other.sync) return true;
  return other.sync.epoch < sync.epoch || other.sync.generation < sync.generation;
}
