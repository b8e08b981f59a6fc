import type { KeptSnapshot } from "@protector/contract";
import { clientError } from "./api-error.ts";
import type { RunningOperation } from "./recoveries.ts";
import type { SiteClient } from "./site-client.ts";
import type { ReachableView } from "./site-view.ts";
import type { TwoSiteClient } from "./two-site-client.ts";

/** A kept snapshot, with the site whose engine kept it and deletes it. */
export interface PlacedSnapshot {
  readonly snapshot: KeptSnapshot;
  readonly client: SiteClient;
  /** Name of the site whose array holds it. */
  readonly site: string;
  /** The engine of the group's primary has kept it. */
  readonly isOfPrimary: boolean;
}

/** What is kept of a group's volumes, as both sites know it, newest first. @returns also the sites that did not answer. */
export async function listKeptSnapshots(
  sites: TwoSiteClient,
  ref: string,
): Promise<{ readonly id: string; readonly kept: readonly PlacedSnapshot[]; readonly silent: readonly string[] }> {
  const { id, views, primary } = await sites.inspect(ref);
  const answering = views.filter((view): view is ReachableView => view.isReachable && view.group !== undefined);
  const names = new Map(answering.map((view) => [view.siteId, view.name]));
  const lists = await Promise.all(
    answering.map(async ({ client, siteId }) => {
      const snapshots = await client.all("kept_snapshots.index", { path: { id } });
      const isOfPrimary = primary.isReachable && primary.siteId === siteId;
      return snapshots.map((snapshot) => {
        return { snapshot, client, site: names.get(snapshot.site_id) ?? snapshot.site_id, isOfPrimary };
      });
    }),
  );
  const kept = lists.flat().sort((a, b) => (a.snapshot.created_at < b.snapshot.created_at ? 1 : -1));
  return { id, kept, silent: views.filter((view) => !view.isReachable).map(({ name }) => name) };
}

/** Deletes a kept snapshot at the site whose engine kept it. */
export async function deleteKeptSnapshot(
  { client, snapshot }: PlacedSnapshot,
  groupId: string,
): Promise<RunningOperation> {
  const path = { id: groupId, snapshot_id: snapshot.id };
  const { operation } = await client.call("kept_snapshots.delete", { path });
  return { operation, client };
}

/** In the order in which all of them can be deleted: a kept volume takes its kept snapshots along. */
export function snapshotsFirst(kept: readonly PlacedSnapshot[]): readonly PlacedSnapshot[] {
  const isVolume = ({ snapshot }: PlacedSnapshot) => snapshot.kind === "volume";
  return kept.toSorted((one, other) => Number(isVolume(one)) - Number(isVolume(other)));
}

/**
 * Those that are meant, by id or name.
 * @throws ApiError `kept_snapshot.not_found`
 */
export function chooseKept(
  kept: readonly PlacedSnapshot[],
  refs: readonly string[],
  site: string,
): readonly PlacedSnapshot[] {
  return refs.map((ref) => {
    const found = kept.find(({ snapshot }) => snapshot.id === ref || snapshot.name === ref);
    if (found) return found;
    throw clientError("kept_snapshot.not_found", site, `No kept snapshot "${ref}".`);
  });
}
