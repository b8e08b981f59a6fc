import type { Operation } from "@protector/contract";
import { ApiError, clientError } from "./api-error.ts";
import type { SiteClient } from "./site-client.ts";
import { type SiteView, siteIdOf } from "./site-view.ts";
import { askedHow, keyed, type RecoveryOptions, type StartOptions } from "./start-options.ts";
import { groupIdAt, type TwoSiteClient } from "./two-site-client.ts";
import { requireIdle } from "./two-site-guards.ts";

/** An operation, and the site whose engine runs it. */
export interface RunningOperation {
  /** Name of the site that runs it, where that is not the client's: it is known there from the history only. */
  readonly site?: string;
  readonly operation: Operation;
  readonly client: SiteClient;
}

export interface FailoverRequest extends RecoveryOptions {
  /** s for which it can be rolled back after its servers run. */
  readonly commitWindow?: number;
  /** What follows when nobody has committed nor rolled back; default commit. */
  readonly atWindowEnd?: "commit" | "rollback";
}

/** Body fields of a commit window. */
export function askedWindow({ commitWindow, atWindowEnd }: FailoverRequest) {
  return {
    ...(commitWindow === undefined ? {} : { commit_window: commitWindow }),
    ...(atWindowEnd === undefined ? {} : { at_window_end: atWindowEnd }),
  };
}

export interface UnplannedRequest extends FailoverRequest {
  /** Name or id of a kept point; default: the latest usable one. */
  readonly recoveryPoint?: string;
  /** Why to go on when something cannot be fenced. */
  readonly reason?: string;
}

/**
 * Failover without the site that is left: only the surviving one is asked. A document that is owed goes first where the site
 * that is left still answers, so that no server is recovered which is no member any more.
 */
export async function unplannedFailover(
  sites: TwoSiteClient,
  ref: string,
  { recoveryPoint, reason, ...options }: UnplannedRequest = {},
): Promise<RunningOperation> {
  const { id, other } = await sites.inspectAndMend(ref);
  if (!other.isReachable) throw other.failure;
  const body = {
    failover: {
      mode: "unplanned" as const,
      ...askedHow(options),
      ...askedWindow(options),
      ...(recoveryPoint === undefined ? {} : { recovery_point: recoveryPoint }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
  const { operation } = await other.client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: other.client };
}

/** Planned failover, asked of the target site: both sites must answer, and owed documents go first. */
export async function failover(
  sites: TwoSiteClient,
  ref: string,
  options: FailoverRequest = {},
): Promise<RunningOperation> {
  const { id, other } = await sites.ready(ref);
  const body = { failover: { mode: "planned" as const, ...askedHow(options), ...askedWindow(options) } };
  const { operation } = await other.client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: other.client };
}

/** Brings a group home, asked of its home: both sites must answer, and owed documents go first. */
export async function failback(
  sites: TwoSiteClient,
  ref: string,
  options: RecoveryOptions = {},
): Promise<RunningOperation> {
  const { id, other } = await sites.ready(ref);
  const body = { failback: askedHow(options) };
  const { operation } = await other.client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: other.client };
}

/** Makes a group replicate back after a failover; asked of the site that it runs at. */
export async function reprotect(
  sites: TwoSiteClient,
  ref: string,
  options: RecoveryOptions = {},
): Promise<RunningOperation> {
  const { id, primary, other } = await sites.ready(ref);
  requireIdle(other);
  const body = { reprotect: askedHow(options) };
  const { operation } = await primary.client.call("protection_groups.action", {
    path: { id },
    body,
    ...keyed(options),
  });
  return { operation, client: primary.client };
}

/** Makes the site that a group runs at its home; asked of that site. */
export async function moveHome(
  sites: TwoSiteClient,
  ref: string,
  options: RecoveryOptions = {},
): Promise<RunningOperation> {
  const { id, primary, other } = await sites.ready(ref);
  requireIdle(other);
  const asked = { path: { id }, body: { move_home: askedHow(options) }, ...keyed(options) };
  const { operation } = await primary.client.call("protection_groups.action", asked);
  return { operation, client: primary.client };
}

/** A new second site for a group whose old one is lost for good. */
export interface ReplacementRequest extends StartOptions {
  /** Why it is certain that the old one is lost. */
  readonly reason: string;
  readonly secondaryUrl?: string;
  readonly secondaryToken?: string;
  readonly secondaryBackend?: string;
}

/**
 * Gives a group a new second site, the far one of `sites`; asked of the near site, which the group runs at.
 * @throws ApiError `peer.not_lost` when the old one answers there.
 */
export async function replacePeer(
  sites: TwoSiteClient,
  ref: string,
  { reason, secondaryUrl, secondaryToken, secondaryBackend, ...options }: ReplacementRequest,
): Promise<RunningOperation> {
  const id = await groupIdAt(sites.near, ref);
  const body = {
    replace_peer: {
      peer_site_id: await siteIdOf(await sites.far()),
      reason,
      ...(secondaryUrl === undefined ? {} : { secondary_fa_url: secondaryUrl }),
      ...(secondaryToken === undefined ? {} : { secondary_fa_api_token: secondaryToken }),
      ...(secondaryBackend === undefined ? {} : { secondary_backend: secondaryBackend }),
    },
  };
  const { operation } = await sites.near.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: sites.near };
}

export interface ReclaimRequest extends RecoveryOptions {
  readonly reason?: string;
  /** Name of the site whose servers are to come back; default: the one that the last failover left. */
  readonly site?: string;
}

/** Brings the servers of a failover that cannot finish back on the site they left; needs nothing of the other site. */
export async function reclaim(
  sites: TwoSiteClient,
  ref: string,
  { reason, site, ...options }: ReclaimRequest = {},
): Promise<RunningOperation> {
  const { id, views } = await sites.inspect(ref);
  const client = site === undefined ? await formerPrimary(sites, id, views) : namedSite(views, site);
  const body = { reclaim: { ...askedHow(options), ...(reason === undefined ? {} : { reason }) } };
  const { operation } = await client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client };
}

/**
 * Replicates now; asked of the primary.
 * @throws ApiError `protection_group.busy` when an operation has the group in hand at the peer.
 */
export async function replicateNow(
  sites: TwoSiteClient,
  ref: string,
  options: StartOptions = {},
): Promise<RunningOperation> {
  const { id, primary, other } = await sites.inspectAndMend(ref);
  if (!primary.isReachable) throw primary.failure;
  if (other.isReachable) requireIdle(other);
  const asked = { path: { id }, body: { sync: {} }, ...keyed(options) } as const;
  try {
    const { operation } = await primary.client.call("protection_groups.action", asked);
    return { operation, client: primary.client };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "protection_group.not_primary" || !other.isReachable)
      throw error;
    const { operation } = await other.client.call("protection_groups.action", asked);
    return { operation, client: other.client };
  }
}

function namedSite(views: readonly SiteView[], name: string): SiteClient {
  const view = views.find((one) => one.name === name || (one.isReachable && one.siteId === name));
  if (!view) {
    const names = views.map((one) => one.name).join(" and ");
    throw clientError("site.not_found", name, `No site "${name}" here; the sites are ${names}.`);
  }
  if (!view.isReachable) throw view.failure;
  return view.client;
}

/**
 * The site that the newest failover or failback left; when no site can tell, the only one that answers. Nothing has left a
 * new second site before the first failover there.
 */
async function formerPrimary(sites: TwoSiteClient, id: string, views: readonly SiteView[]): Promise<SiteClient> {
  const answering = views.filter((view) => view.isReachable);
  const asked = answering.flatMap(({ client }) =>
    ["failover", "failback", "replace_peer"].map((type) => {
      return client.all("operations.index", { query: { protection_group_id: id, type } });
    }),
  );
  const moves = (await Promise.all(asked)).flat().filter((operation) => !operation.is_dry_run);
  const newest = moves.reduce<Operation | undefined>(
    (latest, operation) => (latest && latest.created_at >= operation.created_at ? latest : operation),
    undefined,
  );
  const isMoved = newest !== undefined && newest.type !== "replace_peer";
  const left = isMoved ? answering.find(({ siteId }) => siteId !== newest.site_id) : undefined;
  const [only] = answering;
  if (left) return left.client;
  if (only && answering.length === 1) return only.client;
  const primary = answering.find(({ sync }) => sync?.is_primary_here);
  return primary?.client ?? sites.near;
}
