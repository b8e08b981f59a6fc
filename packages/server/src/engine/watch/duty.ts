import type { DutyRow } from "../../db/repositories/duties.ts";
import { FENCE_DUTY } from "../../domain/yield-to-peer.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { GroupView } from "../world/group-view.ts";
import type { ArrayRound } from "./array-round.ts";

/** What came of one try of a duty. */
export type DutyOutcome =
  | { readonly kind: "done" }
  /** Nobody needs it any more. */
  | { readonly kind: "void"; readonly reason: string }
  /** Looked at again later. */
  | { readonly kind: "kept"; readonly reason: string };

/** Everything around one try of a duty. */
export interface DutyScene {
  readonly ports: EnginePorts;
  readonly duty: DutyRow;
  readonly view: GroupView;
  readonly localSiteId: string;
  readonly round: ArrayRound;
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal;
}

/** A second look for what late calls of a former engine may have made. */
export const LEFTOVERS_DUTY = "operation.leftovers";

/** A look for servers that the other site had recovered of a group that was reclaimed. */
export const RECOVERED_DUTY = "group.recovered_servers";

/** Duties that keep a group's servers from running at two sites: before all others. */
export const FENCING: ReadonlySet<string> = new Set([
  FENCE_DUTY,
  "source.fence",
  "source.stop",
  "server.lock",
  "server.stop",
  "server.park",
  "marker.raise",
  "marker.claim",
  "source.yield",
]);

/**
 * Duties that an unplanned failover left because a site was silent: tried all the time, whatever else is known of the
 * site's reachability, since its servers may be running.
 */
export const URGENT: ReadonlySet<string> = new Set(["source.fence", "source.stop", "source.yield"]);
