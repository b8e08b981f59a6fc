import type { KeptChoice } from "@protector/contract";
import { clientError } from "./api-error.ts";
import type { RunningOperation } from "./recoveries.ts";
import type { ReachableView } from "./site-view.ts";
import type { TwoSiteClient } from "./two-site-client.ts";

/** How a group is deleted. */
export interface DeletionRequest {
  /** What becomes of what the engine of the primary has kept of volumes; undefined: refused where there is any. */
  readonly kept?: KeptChoice | undefined;
}

/**
 * Deletes a group without members. What the other site's engine has kept, only that can delete: unless it is to stay, it has
 * to be deleted there before.
 * @throws ApiError `kept_snapshot.undecided` naming what is kept, and where.
 */
export async function deleteGroup(
  sites: TwoSiteClient,
  ref: string,
  { kept }: DeletionRequest = {},
): Promise<RunningOperation> {
  const { value, client } = await sites.change(ref, async (primary, id, other) => {
    if (kept !== "keep") await requireNothingKept(other, id);
    const path = { id };
    return kept === undefined
      ? primary.call("protection_groups.delete", { path })
      : primary.call("protection_groups.action", { path, body: { delete: { kept_snapshots: kept } } });
  });
  return { operation: value.operation, client };
}

async function requireNothingKept({ client, name, group }: ReachableView, id: string): Promise<void> {
  const kept = await client.all("kept_snapshots.index", { path: { id } });
  if (kept.length === 0) return;
  const names = kept.map((snapshot) => snapshot.name).join(", ");
  const detail = `What volumes of protection group "${group?.name ?? id}" held is kept by the engine of ${name} and nowhere else: ${names}.`;
  throw clientError("kept_snapshot.undecided", name, detail);
}

/**
 * Deletes a group with its members while the other site is lost for good; their servers run on. A near site that was given up
 * and replaced forgets the group for itself alone.
 * @throws ApiError `peer.not_lost` when the other site answers here; `kept_snapshot.undecided`.
 */
export async function deleteWithoutPeer(
  sites: TwoSiteClient,
  ref: string,
  { reason, kept }: DeletionRequest & { readonly reason: string },
): Promise<RunningOperation> {
  const { id, primary, other } = await sites.inspect(ref);
  const body = {
    delete: { peer_lost: true as const, reason, ...(kept === undefined ? {} : { kept_snapshots: kept }) },
  };
  const near = [primary, other].find((view) => view.isReachable && view.client === sites.near);
  if (near?.isReachable && near.group?.is_given_up) {
    const { operation } = await sites.near.call("protection_groups.action", { path: { id }, body });
    return { operation, client: sites.near };
  }
  if (!primary.isReachable) throw primary.failure;
  const { group } = primary;
  if (other.isReachable && other.siteId === group?.peer_site_id) {
    const detail = `${other.name}, the other site of protection group "${group.name}", answers; it is not lost.`;
    throw clientError("peer.not_lost", other.name, detail);
  }
  const { operation } = await primary.client.call("protection_groups.action", { path: { id }, body });
  return { operation, client: primary.client };
}
