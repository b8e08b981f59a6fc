import { TEST_PHASES } from "@protector/contract";
import { writeJson } from "../../db/codecs.ts";
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
  const { connection, random } = ports;
  const id = random.uuid();
  const now = connection.now();
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
      .values({
        id,
        type: "test_cleanup",
        mode: null,
        status: "pending",
        is_dry_run: 0,
        protection_group_id: test.protection_group_id,
        protection_group_name: test.protection_group_name,
        project_id: test.project_id,
        user_id: test.user_id,
        site_id: test.site_id,
        parameters: writeJson({ test_id: test.id }),
        plan: null,
        phase: null,
        progress: 0,
        remaining_seconds: null,
        status_reason: "the test's time is over",
        error: null,
        is_past_no_return: 0,
        request: null,
        members: writeJson([]),
        recovery_point: null,
        data_loss_seconds: null,
        downtime_seconds: null,
        leftovers: writeJson([]),
        epoch: null,
        lease_owner: null,
        lease_number: 0,
        lease_expires_at: null,
        next_look_at: null,
        request_id: `req-${id}`,
        idempotency_key: null,
        idempotency_digest: null,
        created_at: now,
        started_at: null,
        finished_at: null,
        updated_at: now,
      })
      .execute();
  });
}
