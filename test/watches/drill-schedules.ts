import { writeTime } from "../../packages/server/src/db/codecs.ts";
import { nextDrills } from "../../packages/server/src/domain/drill-times.ts";
import type { TwoSites } from "../world/two-sites.ts";

/** Where notices of the drills of a test go. */
export const NOTICE_URL = "https://ops.example.com/drills";

/** What is drilled: a group or a recovery plan. */
export type DrillSubject = { readonly protection_group_id: string } | { readonly recovery_plan_id: string };

/** A monthly schedule at site B, as the API writes it; answers its id. */
export async function scheduleDrill(
  { b, random, clock }: TwoSites,
  subject: DrillSubject,
  differs: Record<string, unknown> = {},
): Promise<string> {
  const id = random.uuid();
  const now = clock.now();
  const times = { cron: "0 3 1 * *", time_zone: "UTC" };
  await b.connection.db
    .insertInto("drill_schedules")
    .values({
      id,
      project_id: b.projectId,
      name: "monthly",
      protection_group_id: null,
      recovery_plan_id: null,
      ...subject,
      ...times,
      window_seconds: 3600,
      hold_seconds: null,
      notify_url: NOTICE_URL,
      notify_on: "all",
      is_enabled: 1,
      user_id: b.tenant.user.id,
      next_run_at: writeTime(nextDrills(times, now)[0] ?? 0),
      waiting_reason: null,
      created_at: writeTime(now),
      updated_at: writeTime(now),
      ...differs,
    })
    .execute();
  return id;
}
