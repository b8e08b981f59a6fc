import type { SyncStatus } from "@protector/contract";
import type { ProtectionGroupsTable, SitesTable } from "../db/schema.ts";

type Compared = Pick<
  ProtectionGroupsTable,
  "generation" | "digest" | "peer_generation" | "peer_digest" | "given_up_at"
>;

/** Whether the peer's receipt for what this site holds is still missing. */
export function isReceiptOwed(group: Compared): boolean {
  return group.peer_generation === null || group.peer_generation < group.generation;
}

/**
 * | status | when |
 * |---|---|
 * | `CONFLICT` | the peer's receipt is for this generation with another digest, or for a later one |
 * | `UNREACHABLE` | the engine's last look at the peer failed |
 * | `OUT OF SYNC` | the peer's receipt for this generation is not in, or the peer has replaced this site |
 * | `IN SYNC` | it is |
 */
export function syncStatusOf(group: Compared, reachability: SitesTable["reachability"]): SyncStatus {
  const { peer_generation, generation, peer_digest, digest } = group;
  if (peer_generation !== null && peer_generation > generation) return "CONFLICT";
  if (peer_generation === generation && peer_digest !== digest) return "CONFLICT";
  if (reachability === "unreachable") return "UNREACHABLE";
  return isReceiptOwed(group) || group.given_up_at !== null ? "OUT OF SYNC" : "IN SYNC";
}
