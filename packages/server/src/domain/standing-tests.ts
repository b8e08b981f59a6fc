import { CLOSED_OPERATION_STATUSES, isTestStanding } from "@protector/contract";
import { readJson, readOptionalJson } from "../db/codecs.ts";
import { type LedgerRow, MAY_EXIST } from "../db/repositories/ledger.ts";
import type { OperationRow } from "../db/repositories/operations.ts";
import type { Db } from "../db/transaction.ts";

/** A test failover that has ended, with what it made and nobody has seen gone. */
export interface StandingTest {
  readonly operation: OperationRow;
  /** Newest first. */
  readonly objects: readonly LedgerRow[];
  /** Names on the array that its volumes have or had. */
  readonly arrayVolumes: readonly string[];
  /** Array group in a pod of which it has cut a point; null: it took one that was there. */
  readonly cutGroup: string | null;
}

/** Ended tests of a group that something may be left of, oldest first. */
export async function standingTests(
  db: Db,
  scope: { readonly groupId: string; readonly testId?: string | undefined },
): Promise<readonly StandingTest[]> {
  let query = db
    .selectFrom("dr_operations")
    .selectAll()
    .where("protection_group_id", "=", scope.groupId)
    .where("type", "=", "test_failover")
    .where("is_dry_run", "=", 0)
    .where("status", "in", CLOSED_OPERATION_STATUSES);
  if (scope.testId !== undefined) query = query.where("id", "=", scope.testId);
  const operations = await query.orderBy("created_at").orderBy("id").execute();
  const tests: StandingTest[] = [];
  for (const operation of operations) {
    const objects = await objectsOf(db, operation.id);
    if (objects.length === 0 && !isTestStanding(operation.phase)) continue;
    tests.push({ operation, objects, ...(await onArray(db, operation)) });
  }
  return tests;
}

function objectsOf(db: Db, operationId: string) {
  return db
    .selectFrom("resource_ledger")
    .selectAll()
    .where("operation_id", "=", operationId)
    .where("state", "in", MAY_EXIST)
    .orderBy("created_at", "desc")
    .orderBy("id")
    .execute();
}

async function onArray(db: Db, operation: OperationRow): Promise<Pick<StandingTest, "arrayVolumes" | "cutGroup">> {
  const [arrayVolumes, cutGroup] = await Promise.all([arrayVolumesOf(db, operation), cutGroupOf(db, operation)]);
  return { arrayVolumes, cutGroup };
}

async function cutGroupOf(db: Db, { id }: OperationRow): Promise<string | null> {
  const cut = await db
    .selectFrom("dr_operation_steps")
    .select("input")
    .where("operation_id", "=", id)
    .where("action", "=", "pod.cut_for_test")
    .executeTakeFirst();
  return cut ? (readJson(cut.input) as { readonly arrayGroup: string }).arrayGroup : null;
}

/** Clones under every lease that the test had, and what Cinder named them. */
async function arrayVolumesOf(db: Db, operation: OperationRow): Promise<readonly string[]> {
  const steps = await db
    .selectFrom("dr_operation_steps")
    .select(["input", "output"])
    .where("operation_id", "=", operation.id)
    .where("action", "=", "volume.recover")
    .execute();
  return steps.flatMap(({ input, output }) => {
    const { temporaryName } = readJson(input) as { temporaryName: string };
    const clones = Array.from({ length: operation.lease_number }, (_, index) => `${temporaryName}-l${index + 1}`);
    const managed = (readOptionalJson(output) as { arrayVolume?: string } | null)?.arrayVolume;
    return managed === undefined ? clones : [...clones, managed];
  });
}
