import { TEST_PHASES } from "@protector/contract";
import { writeJson, writeTime } from "../../db/codecs.ts";
import { newOperationRow } from "../../db/new-rows.ts";
import type { OperationRow } from "../../db/repositories/operations.ts";
import { inTransaction } from "../../db/transaction.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { forEachSubject } from "./rounds.ts";

/**
 * Orders the clean-up of every test failover whose time is over, in the name of who started it. A group that an operation
 * has in hand comes later.
 */
export async function endTests(ports: EnginePorts): Promise<void> {
  const { connection } = ports;
  const due = await connection.db
    .selectFrom("dr_operations")
    .selectAll()
    .where("type", "=", "test_failover")
    .where("phase", "=", TEST_PHASES.standing)
    .where("next_look_at", "<=", connection.now())
    .orderBy("created_at")
    .execute();
  const nameOf = (test: OperationRow) => test.id;
  await forEachSubject(ports, { watch: "tests", subjects: due, nameOf }, (test) => orderCleanup(ports, test));
}

async function orderCleanup(ports: EnginePorts, test: OperationRow): Promise<void> {
  const { connection, clock, random } = ports;
  const id = random.uuid();
  await inTransaction(connection.db, async (trx) => {
    const claimed = await trx
      .updateTable("protection_groups")
      .set({ current_operation_id: id })
      .where("id", "=", test.protection_group_id)
      .where("current_operation_id", "is", null)
      .executeTakeFirst();
    if (claimed.numUpdatedRows === 0n) return;
    await trx
      .insertInto("dr_operations")
      .values(
        newOperationRow({
          id,
          type: "test_cleanup",
          protection_group_id: test.protection_group_id,
          protection_group_name: test.protection_group_name,
          project_id: test.project_id,
          user_id: test.user_id,
          site_id: test.site_id,
          parameters: writeJson({ test_id: test.id }),
          status_reason: "the test's time is over",
          request_id: `req-${id}`,
          created_at: writeTime(clock.now()),
        }),
      )
      .execute();
  });
}
