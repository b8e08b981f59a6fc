import { ProtectorError } from "@protector/contract";
import type { SiteRow } from "../../db/repositories/sites.ts";

/**
 * The peer that a request means: the one it names, else the only one.
 * @throws ProtectorError `site.not_found`, `site.ambiguous`.
 */
export function choosePeer(peers: readonly SiteRow[], wanted: string | undefined): SiteRow {
  const found = wanted === undefined ? peers : peers.filter(({ id }) => id === wanted);
  const [peer, ...others] = found;
  if (peer && others.length === 0) return peer;
  if (wanted !== undefined) throw new ProtectorError("site.not_found", `There is no peer site ${wanted}.`);
  const names = peers.map(({ name, id }) => `"${name}" (${id})`).join(", ") || "none";
  throw new ProtectorError("site.ambiguous", `peer_site_id is needed: registered peers are ${names}.`);
}
