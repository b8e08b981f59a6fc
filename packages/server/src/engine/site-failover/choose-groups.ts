import type { Protection } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { OperationRow } from "../../db/repositories/operations.ts";
import { listPlanGroups, type RecoveryPlanGroupRow } from "../../db/repositories/recovery-plans.ts";
import { COURSE_SCOPE, runSeconds } from "../../domain/plan-order.ts";
import { type PlanVerb, type RunOrder, wishOf } from "../../domain/run-order.ts";
import type { ChosenGroup } from "./group-step.ts";

/** The groups of a run in their order, and what of the order could not be kept. */
export interface Choice {
  readonly groups: readonly ChosenGroup[];
  /** Names of plans whose order contradicts that of earlier ones. */
  readonly unkept: readonly string[];
}

/** What a group's row says of where it is. */
export interface GroupPlace {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  readonly epoch: number;
  readonly generation: number;
  readonly home_site_id: string;
  readonly primary_site_id: string;
  readonly peer_site_id: string;
  readonly protection: Protection;
}

/** The groups that a run is over: those of its plan, or all that have something to do between two sites. */
export async function chooseGroups(
  { db }: DatabaseConnection,
  operation: Pick<OperationRow, "recovery_plan_id">,
  { order, localSiteId }: { readonly order: RunOrder; readonly localSiteId: string },
): Promise<Choice> {
  const { verb } = wishOf(order.action);
  const places = new Map(
    (
      await db
        .selectFrom("protection_groups")
        .select([
          "id",
          "name",
          "project_id",
          "epoch",
          "generation",
          "home_site_id",
          "primary_site_id",
          "peer_site_id",
          "protection",
        ])
        .where("deleted_at", "is", null)
        .$if(order.peerSiteId !== null, (query) => query.where("peer_site_id", "=", order.peerSiteId ?? ""))
        .orderBy("created_at")
        .orderBy("id")
        .execute()
    ).map((row) => [row.id, row]),
  );
  if (operation.recovery_plan_id !== null) {
    const rows = await listPlanGroups(db, operation.recovery_plan_id);
    return {
      groups: withCleanups(
        rows.map((row) => ofPlan(row, places.get(row.protection_group_id), verb)),
        order,
      ),
      unkept: [],
    };
  }
  const wanted = [...places.values()].filter((place) => doneAlready(verb, place, localSiteId) === undefined);
  const unordered = wanted.map((place) => chosen(place, verb));
  const plans = await plansOver(db);
  const { groups, unkept } = inOrderOf(unordered, plans);
  return { groups: withCleanups(groups, order), unkept };
}

/** Why nothing has to be done with a group; undefined when something has. */
export function doneAlready(
  verb: PlanVerb,
  { home_site_id: home, primary_site_id: primary, protection }: GroupPlace,
  localSiteId: string,
): string | undefined {
  switch (verb) {
    case "failover":
      return primary === localSiteId ? "runs here already" : undefined;
    case "failback":
      return primary === home ? "is at home already" : undefined;
    case "reprotect":
      return primary === home && protection === "protected" ? "is at home, and replicates" : undefined;
    case "test_failover":
    case "test_cleanup":
      return undefined;
  }
}

export function keyOf(groupId: string): string {
  return `group:${groupId}`;
}

function chosen(place: GroupPlace, verb: PlanVerb): ChosenGroup {
  return {
    key: keyOf(place.id),
    name: place.name,
    groupId: place.id,
    projectId: place.project_id,
    verb,
    tiers: {},
    dependsOn: [],
    delaySeconds: 0,
    isCritical: false,
    version: { epoch: place.epoch, generation: place.generation },
  };
}

function ofPlan(row: RecoveryPlanGroupRow, place: GroupPlace | undefined, verb: PlanVerb): ChosenGroup {
  const { protection_group_id: id } = row;
  const unknown = { id, name: id, project_id: "", epoch: 0, generation: 0 };
  const group = chosen(
    { ...unknown, home_site_id: "", primary_site_id: "", peer_site_id: "", protection: "unprotected", ...place },
    verb,
  );
  return { ...group, version: place ? group.version : null, ...orderOf(row) };
}

function orderOf(row: RecoveryPlanGroupRow) {
  return {
    tiers: { [row.recovery_plan_id]: row.tier },
    dependsOn: readJson(row.depends_on).map(keyOf),
    delaySeconds: row.delay_seconds,
    isCritical: row.is_critical === 1,
  };
}

interface PlanOver {
  readonly name: string;
  readonly rows: readonly RecoveryPlanGroupRow[];
}

/** Every living plan of this site, oldest first. */
async function plansOver(db: DatabaseConnection["db"]): Promise<readonly PlanOver[]> {
  const plans = await db
    .selectFrom("recovery_plans")
    .select(["id", "name"])
    .where("deleted_at", "is", null)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return Promise.all(plans.map(async ({ id, name }) => ({ name, rows: await listPlanGroups(db, id) })));
}

/** Puts the order of each plan on its groups, unless it contradicts that of the plans before. */
function inOrderOf(unordered: readonly ChosenGroup[], plans: readonly PlanOver[]): Choice {
  const all = plans.reduce((groups, { rows }) => withOrder(groups, rows), unordered);
  if (isPossible(all)) return { groups: all, unkept: [] };
  let groups = unordered;
  const unkept: string[] = [];
  for (const { name, rows } of plans) {
    const next = withOrder(groups, rows);
    if (isPossible(next)) groups = next;
    else unkept.push(name);
  }
  return { groups, unkept };
}

function withOrder(groups: readonly ChosenGroup[], rows: readonly RecoveryPlanGroupRow[]): readonly ChosenGroup[] {
  const known = new Set(groups.map(({ key }) => key));
  const byKey = new Map(rows.map((row) => [keyOf(row.protection_group_id), orderOf(row)]));
  return groups.map((group) => {
    const order = byKey.get(group.key);
    if (!order) return group;
    return {
      ...group,
      tiers: { ...group.tiers, ...order.tiers },
      dependsOn: [...new Set([...group.dependsOn, ...order.dependsOn])].filter((key) => known.has(key)),
      delaySeconds: Math.max(group.delaySeconds, order.delaySeconds),
      isCritical: group.isCritical || order.isCritical,
    };
  });
}

function isPossible(groups: readonly ChosenGroup[]): boolean {
  return runSeconds(groups, groups.length, () => 1) !== undefined;
}

/** Tests are cleaned up when all of them have ended, so that whoever depends on another finds it standing. */
function withCleanups(groups: readonly ChosenGroup[], { action }: RunOrder): readonly ChosenGroup[] {
  const { verb, wish } = wishOf(action);
  if (verb !== "test_failover" || wish.cleanup === "manual") return groups;
  const tests = groups.map((group) => ({ ...group, tiers: { ...group.tiers, [COURSE_SCOPE]: 0 } }));
  const cleanups = groups.map((group) => ({
    ...group,
    key: `cleanup:${group.groupId}`,
    verb: "test_cleanup" as const,
    tiers: { [COURSE_SCOPE]: 1 },
    dependsOn: [],
    delaySeconds: 0,
    isCritical: false,
    testKey: group.key,
  }));
  return [...tests, ...cleanups];
}
