import { ProtectorError } from "@protector/contract";
import type { OperationRow } from "../db/repositories/operations.ts";
import type { Db } from "../db/transaction.ts";

/** In place of a test's id: the newest one that has proven a recovery point. */
export const NEWEST_TEST = "newest";

/** Which test of a group is meant. */
export interface TestScope {
  readonly group: { readonly id: string; readonly name: string };
  /** Tests are known at both sites; what one has proven lies at its own. */
  readonly siteId: string;
  /** Id of a test failover, or {@link NEWEST_TEST}. */
  readonly promotes: string;
}

/** The test that is meant, whether it still stands or is cleaned up; undefined when it has proven no recovery point. */
export async function findProvenTest(db: Db, scope: TestScope): Promise<OperationRow | undefined> {
  const test = await newestTest(db, scope, ["completed"]);
  return test?.recovery_point === null ? undefined : test;
}

/** @throws ProtectorError `test.not_proven` when no such test has shown every server up. */
export async function requireProvenTest(db: Db, scope: TestScope): Promise<OperationRow> {
  const proven = await findProvenTest(db, scope);
  if (proven) return proven;
  const of = `protection group "${scope.group.name}" at this site`;
  const other = await newestTest(db, scope);
  const detail =
    other === undefined
      ? `${scope.promotes === NEWEST_TEST ? "There is no test" : `${scope.promotes} is no test`} of ${of}.`
      : `Test ${other.id} of ${of} is ${other.status}: it has not shown that every server comes up.`;
  throw new ProtectorError("test.not_proven", detail);
}

function newestTest(db: Db, { group, siteId, promotes }: TestScope, statuses?: readonly OperationRow["status"][]) {
  let query = db
    .selectFrom("dr_operations")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .where("site_id", "=", siteId)
    .where("type", "=", "test_failover")
    .where("is_dry_run", "=", 0);
  if (promotes !== NEWEST_TEST) query = query.where("id", "=", promotes);
  if (statuses) query = query.where("status", "in", statuses);
  return query.orderBy("created_at", "desc").orderBy("id").limit(1).executeTakeFirst();
}
