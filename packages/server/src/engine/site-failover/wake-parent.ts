import type { DatabaseConnection } from "../../db/connection.ts";
import { WORKED_STATUSES } from "../runner/lease.ts";

/** Makes a site failover due again: an operation of one of its groups was left. */
export async function wakeParent({ db }: DatabaseConnection, parentId: string): Promise<void> {
  await db
    .updateTable("dr_operations")
    .set({ next_look_at: null })
    .where("id", "=", parentId)
    .where("status", "in", WORKED_STATUSES)
    .execute();
}
