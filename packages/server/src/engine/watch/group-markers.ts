import type { Marker } from "@protector/storage";
import { primaryAt } from "../../domain/epochs.ts";
import type { ReplicatedGroup } from "../world/replicated-groups.ts";
import { unlessSilent } from "../world/within.ts";
import type { ArrayRound } from "./array-round.ts";

/** What the arrays that answer say of a group. */
export interface SeenMarkers {
  /** The marker on the array of each site that answers and has one. */
  readonly bySite: ReadonlyMap<string, Marker>;
  /** The marker with the highest epoch; undefined when no array that answers has one. */
  readonly highest: Marker | undefined;
  /** Site whose epoch the highest known one is, the row's included. */
  readonly primarySiteId: string;
}

/** Reads a group's marker on both arrays; one that does not answer is left out. */
export function readMarkers(round: ArrayRound, view: ReplicatedGroup, localSiteId: string): Promise<SeenMarkers> {
  const { id } = view.group;
  return seenMarkers(view, localSiteId, (siteId) => round.ask(view, siteId, (array) => array.readMarker(id)));
}

/** The same for one of many groups of a round: one question to each array serves them all. */
export function surveyMarkers(
  round: ArrayRound,
  view: ReplicatedGroup,
  { localSiteId, groupIds }: { readonly localSiteId: string; readonly groupIds: readonly string[] },
): Promise<SeenMarkers> {
  return seenMarkers(view, localSiteId, (siteId) => round.markerOf(view, siteId, groupIds));
}

async function seenMarkers(
  view: ReplicatedGroup,
  localSiteId: string,
  ask: (siteId: string) => Promise<Marker | undefined>,
): Promise<SeenMarkers> {
  const sites = [localSiteId, view.group.peer_site_id] as const;
  const answers = await Promise.all(sites.map((siteId) => unlessSilent(ask(siteId))));
  const read = sites.flatMap((siteId, index) => {
    const marker = answers[index];
    return marker ? [[siteId, marker] as const] : [];
  });
  const [highest] = read.map(([, marker]) => marker).sort((a, b) => b.epoch - a.epoch);
  return { bySite: new Map(read), highest, primarySiteId: primaryAt(view.group, localSiteId, highest?.epoch ?? 0) };
}
