import { COMMIT_PHASE, isInCommitWindow, TEST_PHASES } from "@protector/contract";
import type { Transaction } from "kysely";
import { writeJson, writeTime } from "../../db/codecs.ts";
import { newOperationRow } from "../../db/new-rows.ts";
import type { OperationRow } from "../../db/repositories/operations.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { forEachSubject } from "./rounds.ts";

/** ms for which no other engine begins a clean-up beside a failover that waits for its commit. */
const TAKEN_MS = 3_600_000;

/**
 * Orders the clean-up of every test failover whose time is over, or whose clean-up had to give way, in the name of who
 * started it. A group that an operation has in hand comes later; one whose failover only waits for its commit does not:
 * nothing of a test is needed any more then, and the window may be open for days.
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
    if (!(await claimGroup(trx, test, id)) && !(await takeBesideWindow(trx, ports, test))) return;
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
          status_reason: "it is time to clean the test up",
          request_id: `req-${id}`,
          created_at: writeTime(clock.now()),
        }),
      )
      .execute();
  });
}

async function claimGroup(trx: Transaction<Database>, test: OperationRow, cleanupId: string): Promise<boolean> {
  const claimed = await trx
    .updateTable("protection_groups")
    .set({ current_operation_id: cleanupId })
    .where("id", "=", test.protection_group_id)
    .where("current_operation_id", "is", null)
    .executeTakeFirst();
  return claimed.numUpdatedRows > 0n;
}

/** Takes the test, not its group, while a failover holds that which only waits for its commit. */
async function takeBesideWindow(
  trx: Transaction<Database>,
  { connection }: Pick<EnginePorts, "connection">,
  test: OperationRow,
): Promise<boolean> {
  const holder = await trx
    .selectFrom("protection_groups")
    .innerJoin("dr_operations", "dr_operations.id", "protection_groups.current_operation_id")
    .select(["dr_operations.status", "dr_operations.phase"])
    .where("protection_groups.id", "=", test.protection_group_id)
    .where("dr_operations.phase", "=", COMMIT_PHASE)
    .executeTakeFirst();
  if (!holder || !isInCommitWindow(holder)) return false;
  const taken = await trx
    .updateTable("dr_operations")
    .set({ next_look_at: connection.fromNow(TAKEN_MS) })
    .where("id", "=", test.id)
    .where("phase", "=", TEST_PHASES.standing)
    .where("next_look_at", "<=", connection.now())
    .executeTakeFirst();
  return taken.numUpdatedRows > 0n;
}
