import { readTime } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { MeasuredSeconds } from "../plans/expected-duration.ts";
import type { OperationRow } from "./operation-store.ts";

/**
 * How long the steps of the newest completed operation of the same type took at this site: the median of each action. Empty
 * before there is one.
 */
export async function measuredSeconds(
  { db }: DatabaseConnection,
  operation: Pick<OperationRow, "type" | "site_id">,
): Promise<MeasuredSeconds> {
  const newest = await db
    .selectFrom("dr_operations")
    .select("id")
    .where("type", "=", operation.type)
    .where("site_id", "=", operation.site_id)
    .where("status", "=", "completed")
    .where("is_dry_run", "=", 0)
    .orderBy("finished_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!newest) return new Map();
  const rows = await db
    .selectFrom("dr_operation_steps")
    .select(["action", "started_at", "finished_at"])
    .where("operation_id", "=", newest.id)
    .where("status", "=", "completed")
    .execute();
  const byAction = new Map<string, number[]>();
  for (const { action, started_at, finished_at } of rows) {
    if (started_at === null || finished_at === null) continue;
    const seconds = Math.max(0, readTime(finished_at) - readTime(started_at)) / 1000;
    const before = byAction.get(action);
    if (before) before.push(seconds);
    else byAction.set(action, [seconds]);
  }
  return new Map([...byAction].map(([action, seconds]) => [action, median(seconds)]));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
