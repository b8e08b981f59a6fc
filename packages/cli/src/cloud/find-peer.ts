import type { SiteSummary } from "@protector/contract";
import { UsageError } from "../exit-codes.ts";
import type { CloudEntry } from "./cloud-entry.ts";
import type { CloudFiles } from "./cloud-files.ts";

/**
 * The `clouds.yaml` entry of the peer: the one with the registered Keystone and region; among several, the one of the
 * same user and project as the near entry. When both sites share a Keystone, and no entry is the peer's, the near entry
 * in the peer's region.
 * @param summaries sites that are registered at the near site.
 * @throws UsageError that says what to name.
 */
export function findPeer(files: CloudFiles, near: CloudEntry, summaries: readonly SiteSummary[]): CloudEntry {
  const peers = summaries.filter((site) => !site.is_local);
  if (peers.length === 0)
    throw new UsageError(`No peer site is registered at ${near.name}. Name the other cloud with --secondary-cloud.`);
  const matching = files.entries.filter((entry) => peers.some((peer) => isOf(entry, peer)));
  const alike = matching.filter((entry) => isSameLogin(entry, near));
  const candidates = alike.length > 0 ? alike : matching;
  const [found] = candidates;
  const names = [...new Set(candidates.map((entry) => entry.name))];
  if (found && names.length === 1) return found;
  if (found) {
    throw new UsageError(
      `Several clouds fit the registered peer (${names.join(", ")}). Name one with --secondary-cloud.`,
    );
  }
  const beside = peers.find((peer) => isOtherRegion(near, peer));
  if (beside) return { ...near, name: beside.name, region: beside.region ?? undefined, endpoint: undefined };
  const wanted = peers.map((peer) => `${peer.name} (${peer.auth_url}${peer.region ? `, ${peer.region}` : ""})`);
  const where = files.path ?? "clouds.yaml";
  throw new UsageError(
    `No cloud in ${where} has the Keystone of the peer ${wanted.join(" or ")}. Name one with --secondary-cloud.`,
  );
}

function isOf(entry: CloudEntry, site: SiteSummary): boolean {
  if (entry.auth.auth_url === undefined || keystone(entry.auth.auth_url) !== keystone(site.auth_url)) return false;
  return site.region === null || entry.region === undefined || entry.region === site.region;
}

/** A Keystone that both sites share: the same login is good for both regions. */
function isOtherRegion(near: CloudEntry, peer: SiteSummary): boolean {
  const isShared = near.auth.auth_url !== undefined && keystone(near.auth.auth_url) === keystone(peer.auth_url);
  return isShared && peer.region !== null && near.region !== undefined && peer.region !== near.region;
}

function isSameLogin(entry: CloudEntry, near: CloudEntry): boolean {
  const same = (key: string) => entry.auth[key] === near.auth[key];
  return same("username") && same("project_name");
}

function keystone(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v[23](\.0)?$/, "");
}
