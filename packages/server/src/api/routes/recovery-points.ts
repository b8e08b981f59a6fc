import { listRecoveryPoints } from "../../db/repositories/recovery-points.ts";
import { requireGroup } from "../../domain/group-guards.ts";
import { recoveryPointOf } from "../../domain/recovery-points.ts";
import { type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";

/** What a group could be recovered from. */
export function recoveryPointHandlers({ database }: ApiPorts): Handlers<"recovery_points.index"> {
  return {
    "recovery_points.index": async (call) => {
      const group = await requireGroup(database.db, call.path);
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listRecoveryPoints(database.db, group.id, request),
        recoveryPointOf,
      );
      return {
        body: { recovery_points: items, ...(next.length > 0 ? { recovery_points_links: next } : {}), links },
        link: header,
      };
    },
  };
}
