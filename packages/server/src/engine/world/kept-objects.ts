import { listKeptSnapshots } from "../../db/repositories/kept-snapshots.ts";
import type { KeptObject } from "../plans/kept-removal.ts";
import type { PlanningContext } from "../workflows/workflow.ts";

/** What this site's engine has kept of a group's volumes, on either array. */
export async function keptObjects({
  connection,
  view,
  source,
  target,
}: Pick<PlanningContext, "connection" | "view" | "source" | "target">): Promise<readonly KeptObject[]> {
  const rows = await listKeptSnapshots(connection.db, view.group.id);
  return rows.map(({ id, kind, name, site_id }) => {
    const side = site_id === source.siteId ? "source" : "target";
    const { siteName } = side === "source" ? source : target;
    return { id, kind: kind === "kept_volume" ? kind : "volume_snapshot", name, side, siteName };
  });
}
