import { clientError } from "./api-error.ts";
import type { ReachableView } from "./site-view.ts";

/** A group as its two sites see it, when both answer. */
interface TwoViews {
  readonly primary: ReachableView;
  readonly other: ReachableView;
}

/**
 * A failover runs at the site that will survive it: the primary does not know of it before its end.
 * @throws ApiError `protection_group.busy` naming the operation.
 */
export function requireIdle({ name, group }: ReachableView): void {
  if (!group?.current_operation_id) return;
  const detail = `Protection group "${group.name}" is ${group.status} at ${name}: operation ${group.current_operation_id} has it in hand.`;
  throw clientError("protection_group.busy", name, detail);
}

/**
 * The primary says which site the group's other one is.
 * @throws ApiError `protection_group.given_up`, or `site.ambiguous` where the other site has nothing of the group.
 */
export function requireSamePair({ primary, other }: TwoViews): void {
  const { group } = primary;
  if (!group || group.peer_site_id === other.siteId) return;
  if (other.group) {
    const detail = `${primary.name} has given ${other.name} up as the second site of "${group.name}" and replaced it: its other site is ${group.peer_site_id}.`;
    throw clientError("protection_group.given_up", other.name, detail);
  }
  const detail = `Protection group "${group.name}" is not between ${primary.name} and ${other.name}: its other site is ${group.peer_site_id}.`;
  throw clientError("site.ambiguous", primary.name, detail);
}

/** @throws ApiError `sync.conflict` when both sites hold the same epoch and generation, and not the same. */
export function requireNoConflict({ primary, other }: TwoViews): void {
  const [here, there] = [primary.sync, other.sync];
  if (!here || !there || here.epoch !== there.epoch) return;
  const isSameGeneration = here.generation === there.generation && here.digest !== there.digest;
  if (!isSameGeneration && there.generation <= here.generation) return;
  const detail = `${primary.name} holds generation ${here.generation}, ${other.name} holds ${there.generation}, and they differ.`;
  throw clientError("sync.conflict", primary.name, detail);
}
