import { CLOSED_OPERATION_STATUSES } from "@protector/contract";
import type { EnginePorts } from "../engine-ports.ts";
import type { ReplicatedGroup } from "../world/replicated-groups.ts";
import type { ArrayRound } from "./array-round.ts";
import type { SeenMarkers } from "./group-markers.ts";

/** What is needed to give a group back. */
interface Look {
  readonly ports: Pick<EnginePorts, "connection" | "events">;
  readonly view: ReplicatedGroup;
  readonly localSiteId: string;
}

/**
 * Gives a group back that an operation of this site still holds although it is closed: its first engine died while its call
 * to take the marker was under way, another one brought it to its end, and then the call arrived. Nobody else would, and no
 * operation could begin any more. An operation of the other site is left to the engines there.
 */
export async function freeHeldMarkers(look: Look, round: ArrayRound, { bySite }: SeenMarkers): Promise<void> {
  for (const [siteId, marker] of bySite) {
    if (marker.holder === undefined) continue;
    const operationId = await closedOperation(look, marker.holder);
    if (operationId === undefined) continue;
    const idle = { ...marker, holder: undefined };
    const stands = await round.ask(look.view, siteId, (array) => array.swapMarker(marker, idle));
    if (stands && stands.holder === undefined) {
      look.ports.events({ kind: "marker_freed", groupId: look.view.group.id, operationId, siteId });
    }
  }
}

/** Id of the operation of this site that a marker names, when it is closed and no other one works on the group. */
async function closedOperation({ ports, view, localSiteId }: Look, holder: string): Promise<string | undefined> {
  const row = await ports.connection.db
    .selectFrom("dr_operations")
    .innerJoin("protection_groups", "protection_groups.id", "dr_operations.protection_group_id")
    .select("dr_operations.id")
    .where("protection_groups.id", "=", view.group.id)
    .where("protection_groups.current_operation_id", "is", null)
    .where("dr_operations.id", "like", `${holder.slice(0, 8)}%`)
    .where("dr_operations.site_id", "=", localSiteId)
    .where("dr_operations.status", "in", CLOSED_OPERATION_STATUSES)
    .executeTakeFirst();
  return row?.id;
}
