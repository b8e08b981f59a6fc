import { isTestStanding } from "@protector/contract";
import { readJson, readTime } from "../../db/codecs.ts";
import { requireProvenTest } from "../../domain/proven-tests.ts";
import type { PromotedTest } from "../plans/promoted-test.ts";
import type { PlanningContext } from "../workflows/workflow.ts";

/** What a test has proven, as its operation holds it; `pointName` is what it was recovered from. */
export interface ObservedTest extends PromotedTest {
  readonly pointName: string;
  /** ms since the UNIX epoch. */
  readonly orderedAt: number;
}

/** @throws ProtectorError `test.not_proven` when it has proven nothing, or is gone. */
export async function observePromoted(context: PlanningContext, promotes: string): Promise<ObservedTest> {
  const { connection, view, target } = context;
  const test = await requireProvenTest(connection.db, { group: view.group, siteId: target.siteId, promotes });
  const tested = readJson(test.members).filter(({ status }) => status === "tested");
  return {
    id: test.id,
    pointName: test.recovery_point ?? "",
    orderedAt: readTime(test.created_at),
    endedAt: readTime(test.finished_at ?? test.updated_at),
    downtimeSeconds: test.downtime_seconds,
    upAfter: new Map(tested.map(({ member_id, downtime_seconds }) => [member_id, downtime_seconds])),
    stands: isTestStanding(test.phase),
  };
}
