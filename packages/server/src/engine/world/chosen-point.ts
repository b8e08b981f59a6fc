import { ProtectorError } from "@protector/contract";
import { pointsOf, type RecoveryPoint } from "@protector/storage";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { arrayGroupAt } from "./group-names.ts";
import { idInNames } from "./own-objects.ts";

/**
 * The newest complete point, or the one that was asked for.
 * @param test failover that has proven the one that was asked for, and when it was ordered, in ms since the UNIX epoch.
 * @throws ProtectorError `recovery_point.gone`
 */
export async function chosenPoint(
  { view, source, target, connection }: PlanningContext,
  asked: string | undefined,
  test?: { readonly id: string; readonly orderedAt: number },
): Promise<{ readonly point: RecoveryPoint | undefined; readonly pointProblem: string | undefined }> {
  const points = await target.array.listRecoveryPoints(
    pointsOf(arrayGroupAt(view, source.siteId), await source.arrayName()),
  );
  if (asked === undefined) {
    const point = points.find((each) => each.isUsable);
    const { name, home_site_id } = view.group;
    const away =
      target.siteId === home_site_id
        ? ` Nothing has replicated back to it from ${source.siteName}; protector reclaim ${name} brings back the servers that the group left there, with their disks as they were then.`
        : "";
    return { point, pointProblem: `No recovery point of ${name} is complete at ${target.siteName}.${away}` };
  }
  const wanted = await nameOfPoint(connection, view.group.id, asked);
  // A group that is made anew on its array counts its points from 1 again: what was cut after the test is another one, but
  // for the one that the test has cut itself.
  const isTests = (each: RecoveryPoint) =>
    !test || each.createdAt <= test.orderedAt || wanted.startsWith(`protector-${idInNames(test.id)}-`);
  const point = points.find((each) => each.suffix === wanted && isTests(each));
  if (!point) {
    const proven =
      test === undefined
        ? ""
        : ` Test ${test.id} had proven it. From another one: protector failover ${view.group.name} --unplanned`;
    throw new ProtectorError(
      "recovery_point.gone",
      `There is no recovery point ${wanted} at ${target.siteName}.${proven}`,
    );
  }
  const pointProblem = `Recovery point ${wanted} is not complete at ${target.siteName} (${Math.floor(point.progress * 100)} %).`;
  return { point: point.isUsable ? point : undefined, pointProblem };
}

/** People name a point by what the array calls it, or by the id in the list. */
async function nameOfPoint(connection: DatabaseConnection, groupId: string, asked: string): Promise<string> {
  const row = await connection.db
    .selectFrom("recovery_points")
    .select("name")
    .where("protection_group_id", "=", groupId)
    .where("id", "=", asked)
    .executeTakeFirst();
  return row?.name ?? asked;
}
