import { readTime } from "../../db/codecs.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { type Finding, warning } from "../readiness/finding.ts";
import type { GroupView } from "../world/group-view.ts";

const DAY_MS = 86_400_000;

/** Whether a test of the group has succeeded lately, at whichever site: its history is here. */
export async function checkLastDrill(
  { connection, clock, settings }: EnginePorts,
  { id, name, created_at }: GroupView["group"],
): Promise<readonly Finding[]> {
  const last = await connection.db
    .selectFrom("dr_operations")
    .select("created_at")
    .where("protection_group_id", "=", id)
    .where("type", "=", "test_failover")
    .where("status", "=", "completed")
    .where("is_dry_run", "=", 0)
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  const days = Math.floor((clock.now() - readTime(last?.created_at ?? created_at)) / DAY_MS);
  if (days < settings.drillOverdueDays) return [];
  const reason = last
    ? `The last test that succeeded was ${days} days ago; one is due every ${settings.drillOverdueDays} days.`
    : `No test has succeeded in the ${days} days that the group exists; one is due every ${settings.drillOverdueDays} days.`;
  const remedy = `Test it now: protector test-failover ${name}; or by itself: protector drill-schedule create NAME --protection-group ${name} --cron "0 3 1 * *"`;
  return [warning({ check: "drill.overdue", subject: name, reason, remedy })];
}
