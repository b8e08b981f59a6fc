import type { ServerDescription } from "@protector/contract";
import { arrayGroupAt } from "../world/group-names.ts";
import { stableId } from "./stable-id.ts";
import type { WorkflowTransaction } from "./workflow.ts";

/** Rows per INSERT. */
const ROWS_PER_INSERT = 200;

/** Where rows of a group are written. */
export type RowsContext = Pick<WorkflowTransaction, "trx" | "connection" | "view">;

/** A volume of a group at one site. */
export interface GroupVolume {
  readonly memberId: string;
  readonly position: number;
  readonly volumeId: string;
  readonly arrayVolume: string;
  readonly sizeGib: number;
}

/** The volumes of a member's server as it was captured, in its order. */
export function volumesOfServer(memberId: string, { volumes }: ServerDescription): readonly GroupVolume[] {
  return volumes.map((volume, position) => ({
    memberId,
    position,
    volumeId: volume.volume_id,
    arrayVolume: volume.array_volume,
    sizeGib: volume.size_gib,
  }));
}

/** The storage side of a group at a site, as it was seen. */
export interface SiteStorage {
  readonly siteId: string;
  readonly arrayId: string;
  readonly arrayName: string;
  readonly cinderGroupId: string | null;
  /** Default: as recorded, else as it is made for a new group. */
  readonly arrayGroup?: string;
}

/** Writes the row of a group's storage side at one site; answers its id. */
export async function writeConsistencyGroup(context: RowsContext, storage: SiteStorage): Promise<string> {
  const { trx, connection, view } = context;
  const known = view.consistencyGroups.find((row) => row.site_id === storage.siteId);
  const values = {
    array_id: storage.arrayId,
    array_name: storage.arrayName,
    array_group: storage.arrayGroup ?? arrayGroupAt(view, storage.siteId),
    updated_at: connection.now(),
    ...(storage.cinderGroupId === null ? {} : { cinder_group_id: storage.cinderGroupId }),
  };
  if (known) {
    await trx.updateTable("consistency_groups").set(values).where("id", "=", known.id).execute();
    return known.id;
  }
  const id = stableId(view.group.id, storage.siteId);
  await trx
    .insertInto("consistency_groups")
    .values({
      ...values,
      id,
      protection_group_id: view.group.id,
      site_id: storage.siteId,
      cinder_group_id: storage.cinderGroupId,
      created_at: connection.now(),
    })
    .execute();
  return id;
}

/** Replaces the volumes of some members at one site. */
export async function writeGroupVolumes(
  context: RowsContext,
  consistencyGroupId: string,
  change: { readonly ofMembers: readonly string[]; readonly volumes: readonly GroupVolume[] },
): Promise<void> {
  const { trx, connection } = context;
  if (change.ofMembers.length > 0) {
    await trx
      .deleteFrom("cg_volumes")
      .where("consistency_group_id", "=", consistencyGroupId)
      .where("member_id", "in", change.ofMembers)
      .execute();
  }
  const rows = change.volumes.map((volume) => ({
    id: stableId(consistencyGroupId, volume.volumeId),
    consistency_group_id: consistencyGroupId,
    member_id: volume.memberId,
    position: volume.position,
    volume_id: volume.volumeId,
    array_volume: volume.arrayVolume,
    size_gib: volume.sizeGib,
    created_at: connection.now(),
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    await trx
      .insertInto("cg_volumes")
      .values(rows.slice(from, from + ROWS_PER_INSERT))
      .execute();
  }
}
