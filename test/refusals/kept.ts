import type { TestSite } from "../../packages/server/src/api/testing.ts";
import { writeJson } from "../../packages/server/src/db/codecs.ts";

/** Name of the array volume that {@link keepSomething} says is kept. */
export const KEPT = "protector-0123456789ab-kept-0";

/** Writes into a site's ledger that the group's newest operation there has kept a volume, as a reprotection does. */
export async function keepSomething({ database: connection }: TestSite, groupId: string): Promise<void> {
  const { db } = connection;
  const operation = await db
    .selectFrom("dr_operations")
    .select(["id", "site_id"])
    .where("protection_group_id", "=", groupId)
    .executeTakeFirstOrThrow();
  await db.updateTable("dr_operations").set({ finished_at: connection.now() }).where("id", "=", operation.id).execute();
  const step = { operation_id: operation.id, step_key: "away.volume.1" };
  await db
    .insertInto("dr_operation_steps")
    .values({
      ...step,
      sequence: 1,
      kind: "ensure",
      action: "away.volume",
      title: "Take volume db-01-root of db-01 out of Cinder, kept on the array",
      phase: "empty",
      site: "target",
      member_id: null,
      depends_on: writeJson([]),
      input: writeJson({}),
      settings: writeJson({}),
      status: "completed",
      attempt: 1,
      lease_number: 1,
      progress: null,
      message: null,
      output: null,
      error: null,
      started_at: null,
      finished_at: connection.now(),
    })
    .execute();
  await db
    .insertInto("resource_ledger")
    .values({
      ...step,
      id: "0e9b6f0a-3d0c-4c1f-9a52-6f3c1d6f7a01",
      protection_group_id: groupId,
      site_id: operation.site_id,
      project_id: null,
      kind: "kept_volume",
      name: KEPT,
      external_id: KEPT,
      state: "present",
      created_at: connection.now(),
      updated_at: connection.now(),
    })
    .execute();
}
