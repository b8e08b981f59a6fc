import { type ProtectionGroupStatus, ProtectorError } from "@protector/contract";
import { findOperation } from "../db/repositories/operations.ts";
import type { ProtectionGroupView } from "../db/repositories/protection-groups.ts";
import { findProtectionGroup } from "../db/repositories/protection-groups.ts";
import { findSite } from "../db/repositories/sites.ts";
import type { Db } from "../db/transaction.ts";
import { requireGeneration } from "./generations.ts";
import { isReceiptOwed } from "./sync-status.ts";

/** What a change of a group needs of it. */
export interface ChangeRule {
  readonly localSiteId: string;
  readonly statuses: readonly ProtectionGroupStatus[];
  /** Generation that the caller saw. */
  readonly generation?: number | undefined;
  /** The operation that may hold the group: the change's own. */
  readonly holder?: string;
}

/** @throws ProtectorError `protection_group.not_found`, for another project's group too. */
export async function requireGroup(
  db: Db,
  { id, project_id }: { readonly id: string; readonly project_id: string },
): Promise<ProtectionGroupView> {
  const group = await findProtectionGroup(db, { id, projectId: project_id });
  if (!group) throw new ProtectorError("protection_group.not_found", `There is no protection group ${id}.`);
  return group;
}

/**
 * The rule that keeps the two sites from running apart: only the primary changes a group, only while the peer answers,
 * and only when the peer has confirmed the change before.
 * @throws ProtectorError `protection_group.not_primary`, `protection_group.busy`, `protection_group.wrong_status`,
 * `peer.unreachable`, `protection_group.out_of_sync`, `generation.conflict`.
 */
export async function requireChangeable(db: Db, group: ProtectionGroupView, rule: ChangeRule): Promise<void> {
  await requirePrimaryHere(db, group, rule.localSiteId);
  await requireNotBusy(db, group, rule.holder);
  requireStatus(group, rule.statuses);
  requirePeer(group.peer_reachability, group.peer_reachability_reason);
  requireGeneration(group, rule.generation);
  if (isReceiptOwed(group)) {
    const seen = group.peer_generation === null ? "none" : `generation ${group.peer_generation}`;
    throw new ProtectorError(
      "protection_group.out_of_sync",
      `The peer site has not confirmed generation ${group.generation} of "${group.name}" (it has ${seen}).`,
    );
  }
}

/** Nothing that is done with a group here counts any more. @throws ProtectorError `protection_group.given_up`. */
export async function requireNotGivenUp(db: Db, group: ProtectionGroupView): Promise<void> {
  if (group.given_up_at === null) return;
  const site = await findSite(db, group.primary_site_id);
  throw new ProtectorError(
    "protection_group.given_up",
    `Site "${site?.name ?? "unknown"}" has given this site up as the second site of "${group.name}" and replaced it (epoch ${group.epoch}).`,
  );
}

/** @throws ProtectorError `protection_group.not_primary` naming the site that accepts changes. */
export async function requirePrimaryHere(db: Db, group: ProtectionGroupView, localSiteId: string): Promise<void> {
  if (group.primary_site_id === localSiteId) return;
  const site = await findSite(db, group.primary_site_id);
  throw new ProtectorError(
    "protection_group.not_primary",
    `Protection group "${group.name}" is primary at site "${site?.name ?? "unknown"}" (${group.primary_site_id}); change it there.`,
  );
}

/** @throws ProtectorError `protection_group.busy` naming the operation that holds the group. */
export async function requireNotBusy(db: Db, group: ProtectionGroupView, holder?: string): Promise<void> {
  const held = group.current_operation_id;
  if (held === null || held === holder) return;
  const operation = await findOperation(db, { id: held });
  const named = operation ? `${operation.type} ${held} (${operation.status})` : `operation ${held}`;
  throw new ProtectorError("protection_group.busy", `Protection group "${group.name}" is being changed by ${named}.`, {
    facts: { operation_id: held },
  });
}

/** @throws ProtectorError `protection_group.wrong_status`. */
export function requireStatus(group: ProtectionGroupView, statuses: readonly ProtectionGroupStatus[]): void {
  if (statuses.includes(group.status)) return;
  throw new ProtectorError(
    "protection_group.wrong_status",
    `Protection group "${group.name}" is ${group.status}; this is possible when it is ${statuses.join(" or ")}.`,
  );
}

/** @throws ProtectorError `peer.unreachable`; its first words are those of the service's documentation. */
export function requirePeer(reachability: string, reason: string | null): void {
  if (reachability !== "unreachable") return;
  const why = reason ? `: ${reason}` : "";
  throw new ProtectorError("peer.unreachable", `Cannot modify protection group - remote site unreachable${why}`);
}

/** Whoever answers can be told. @throws ProtectorError `peer.not_lost` */
export function requireLostPeer(group: ProtectionGroupView): void {
  if (group.peer_reachability !== "reachable" || group.given_up_at !== null) return;
  throw new ProtectorError(
    "peer.not_lost",
    `The other site of protection group "${group.name}" answers this site's engine; it is not lost.`,
  );
}
