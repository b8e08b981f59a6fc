import { beforeEach, expect, it } from "vitest";
import { describeDatabases } from "../../../../../test/services/index.ts";
import { readOptionalJson } from "../codecs.ts";
import { groupRow, operationRow, TEST_PROJECT, TEST_SITES, TEST_USER, testId } from "../testing/rows.ts";
import { createOperation, requestVerb } from "./operation-requests.ts";
import { findOperation, listOperations } from "./operations.ts";
import { findProtectionGroupRow, insertProtectionGroup, updateProtectionGroup } from "./protection-groups.ts";

const GROUP = testId("grup", 1);

describeDatabases("orders of operations", (database) => {
  beforeEach(async () => {
    const { db } = database.connection;
    await db.deleteFrom("dr_operations").execute();
    await db.deleteFrom("protection_groups").execute();
    await db.deleteFrom("sites").execute();
    await db.insertInto("sites").values(TEST_SITES).execute();
    await insertProtectionGroup(db, groupRow(1));
  });

  const keyed = (n: number, digest = "d".repeat(64)) =>
    operationRow(n, {
      idempotency_key: "key-1",
      idempotency_digest: digest,
      created_at: new Date().toISOString().replace("T", " ").replace("Z", "000"),
    });

  it("an operation claims its group, and what comes alongside is stored with it", async () => {
    const { operation, isRepeat } = await createOperation(database.connection, {
      row: operationRow(1),
      claimsGroup: true,
      alongside: async (transaction) => {
        await updateProtectionGroup(transaction, { id: GROUP, changes: { status: "failing_over" } });
      },
    });
    expect([operation.id, isRepeat]).toEqual([testId("oper", 1), false]);
    expect(await findProtectionGroupRow(database.connection.db, GROUP)).toMatchObject({
      current_operation_id: operation.id,
      status: "failing_over",
    });
  });

  it("nothing is stored when what comes alongside fails", async () => {
    const order = {
      row: operationRow(1),
      claimsGroup: true,
      alongside: () => Promise.reject(new Error("no")),
    };
    await expect(createOperation(database.connection, order)).rejects.toThrow("no");
    expect(await findOperation(database.connection.db, { id: testId("oper", 1) })).toBeUndefined();
    expect(await findProtectionGroupRow(database.connection.db, GROUP)).toMatchObject({ current_operation_id: null });
  });

  it("of two operations ordered at once one is stored and the other is told who holds the group", async () => {
    const orders = [1, 2].map((n) =>
      createOperation(n === 1 ? database.connection : database.another(), { row: operationRow(n), claimsGroup: true }),
    );
    const results = await Promise.allSettled(orders);
    const refused = results.filter((result) => result.status === "rejected");
    const [stored] = await listOperations(database.connection.db, { projectId: TEST_PROJECT });
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({ code: "protection_group.busy", facts: { operation_id: stored?.id } });
    expect(await listOperations(database.connection.db, { groupId: GROUP })).toHaveLength(1);
  });

  it("an operation of a group that is not there is refused", async () => {
    const row = operationRow(1, { protection_group_id: testId("grup", 9) });
    await expect(createOperation(database.connection, { row, claimsGroup: true })).rejects.toMatchObject({
      code: "protection_group.not_found",
    });
  });

  it("the same key gives the same operation, also when both orders arrive at once", async () => {
    const results = await Promise.all([
      createOperation(database.connection, { row: keyed(1), claimsGroup: true }),
      createOperation(database.another(), { row: keyed(2), claimsGroup: true }),
    ]);
    expect(results.map(({ isRepeat }) => isRepeat).sort()).toEqual([false, true]);
    expect(new Set(results.map(({ operation }) => operation.id)).size).toBe(1);
    const third = await createOperation(database.connection, { row: keyed(3), claimsGroup: true });
    expect(third).toMatchObject({ isRepeat: true, operation: { id: results[0]?.operation.id } });
  });

  it("a key that came with another request is refused", async () => {
    await createOperation(database.connection, { row: keyed(1), claimsGroup: false });
    const other = createOperation(database.connection, { row: keyed(2, "e".repeat(64)), claimsGroup: false });
    await expect(other).rejects.toMatchObject({
      code: "request.idempotency_conflict",
      facts: { operation_id: testId("oper", 1) },
    });
  });

  it("a key counts in its project only, and for 24 hours", async () => {
    await createOperation(database.connection, { row: keyed(1), claimsGroup: false });
    const elsewhere = { ...keyed(2), project_id: "another" };
    expect(await createOperation(database.connection, { row: elsewhere, claimsGroup: false })).toMatchObject({
      isRepeat: false,
    });
    await database.connection.db
      .updateTable("dr_operations")
      .set({ created_at: database.connection.fromNow(-24 * 3600 * 1000 - 1000) })
      .where("id", "=", testId("oper", 1))
      .execute();
    expect(await createOperation(database.connection, { row: keyed(3), claimsGroup: false })).toMatchObject({
      isRepeat: false,
      operation: { id: testId("oper", 3) },
    });
  });

  const ask = { operationId: testId("oper", 1), projectId: TEST_PROJECT, userId: TEST_USER } as const;

  it("a verb is left for the engine, which looks at once", async () => {
    const plan = "{}" as never;
    const row = operationRow(1, { status: "waiting", plan, next_look_at: "2099-01-01 00:00:00.000000" });
    await createOperation(database.connection, { row, claimsGroup: false });
    const operation = await requestVerb(database.connection, {
      ...ask,
      verb: "resume",
      as: "unplanned",
      reason: "site lost",
    });
    expect(readOptionalJson(operation.request)).toEqual({
      verb: "resume",
      as: "unplanned",
      reason: "site lost",
      user_id: TEST_USER,
    });
    expect(operation.next_look_at).toBeNull();
    await expect(requestVerb(database.connection, { ...ask, verb: "cancel" })).rejects.toThrow(
      "waiting for the engine",
    );
  });

  it("one that has no plan is not gone on with without its source: an unplanned failover takes its place", async () => {
    await createOperation(database.connection, { row: operationRow(1, { status: "waiting" }), claimsGroup: false });
    const alone = requestVerb(database.connection, { ...ask, verb: "resume", as: "unplanned", reason: "site lost" });
    await expect(alone).rejects.toMatchObject({
      code: "operation.wrong_status",
      message: expect.stringContaining("protector failover group-1 --unplanned"),
    });
  });

  it("a verb that is not for the status, comes too late or is for no operation is refused", async () => {
    await createOperation(database.connection, {
      row: operationRow(1, { status: "failed", is_past_no_return: 1 }),
      claimsGroup: false,
    });
    const refused = (verb: "cancel" | "rollback") => requestVerb(database.connection, { ...ask, verb });
    await expect(refused("cancel")).rejects.toMatchObject({ code: "operation.wrong_status" });
    await expect(refused("rollback")).rejects.toMatchObject({ code: "operation.past_no_return" });
    const elsewhere = requestVerb(database.connection, { ...ask, verb: "resume", projectId: "another" });
    await expect(elsewhere).rejects.toMatchObject({ code: "operation.not_found" });
  });
});
