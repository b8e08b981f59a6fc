import { type ListRequest, list } from "../list.ts";
import type { Db } from "../transaction.ts";

/** Kinds of outside object that hold what is nowhere else. */
export const KEPT_KINDS = ["volume_snapshot", "kept_volume"] as const;

/** A kept snapshot as the ledger has it. */
export type KeptSnapshotRow = Awaited<ReturnType<ReturnType<typeof keptSnapshots>["execute"]>>[number];

/** Rows of what ended operations have kept, as far as nothing has been seen to delete it. */
function keptSnapshots(db: Db, groupId: string) {
  return db
    .selectFrom("resource_ledger")
    .innerJoin("dr_operations", "dr_operations.id", "resource_ledger.operation_id")
    .innerJoin("dr_operation_steps", (join) =>
      join
        .onRef("dr_operation_steps.operation_id", "=", "resource_ledger.operation_id")
        .onRef("dr_operation_steps.step_key", "=", "resource_ledger.step_key"),
    )
    .select([
      "resource_ledger.id",
      "resource_ledger.kind",
      "resource_ledger.name",
      "resource_ledger.site_id",
      "resource_ledger.operation_id",
      "resource_ledger.created_at",
      "dr_operations.type as operation_type",
      "dr_operation_steps.member_id",
      "dr_operation_steps.title as reason",
    ])
    .where("resource_ledger.protection_group_id", "=", groupId)
    .where("resource_ledger.kind", "in", [...KEPT_KINDS])
    .where("resource_ledger.state", "=", "present")
    .where("dr_operations.finished_at", "is not", null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("resource_ledger as gone")
            .select("gone.id")
            .whereRef("gone.site_id", "=", "resource_ledger.site_id")
            .whereRef("gone.kind", "=", "resource_ledger.kind")
            .whereRef("gone.name", "=", "resource_ledger.name")
            .where("gone.state", "=", "removed"),
        ),
      ),
    );
}

/** Kept snapshots of a group that this site's engine made, newest first. */
export function listKeptSnapshots(db: Db, groupId: string, request: ListRequest = {}): Promise<KeptSnapshotRow[]> {
  return list(
    {
      query: keptSnapshots(db, groupId),
      table: "resource_ledger",
      tieBreak: ["id"],
      defaultSort: [{ column: "created_at", direction: "desc" }],
    },
    request,
  );
}

/** One of a group's; undefined when there is none, or it has been deleted. */
export function findKeptSnapshot(
  db: Db,
  { groupId, id }: { readonly groupId: string; readonly id: string },
): Promise<KeptSnapshotRow | undefined> {
  return keptSnapshots(db, groupId).where("resource_ledger.id", "=", id).executeTakeFirst();
}
