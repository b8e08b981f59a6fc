import { ProtectorError } from "@protector/contract";
import { type Insertable, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import { isDuplicate } from "../constraint.ts";
import { type ListRequest, list } from "../list.ts";
import type { Database, RecoveryPlanGroupsTable, RecoveryPlansTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type RecoveryPlanRow = Selectable<RecoveryPlansTable>;
export type RecoveryPlanGroupRow = Selectable<RecoveryPlanGroupsTable>;
export type RecoveryPlanSummary = RecoveryPlanRow & { readonly group_count: number };

const COLUMNS = [
  "recovery_plans.id",
  "recovery_plans.project_id",
  "recovery_plans.name",
  "recovery_plans.description",
  "recovery_plans.concurrency",
  "recovery_plans.generation",
  "recovery_plans.digest",
  "recovery_plans.deleted_at",
  "recovery_plans.created_at",
  "recovery_plans.updated_at",
] as const;

/** Living plans of a project, newest first unless sorted otherwise. */
export function listRecoveryPlans(
  db: Db,
  { projectId }: { readonly projectId: string },
  request: ListRequest = {},
): Promise<RecoveryPlanSummary[]> {
  const query = db
    .selectFrom("recovery_plans")
    .select(COLUMNS)
    .select((builder) =>
      sql<number>`(${builder
        .selectFrom("recovery_plan_groups")
        .select(builder.fn.countAll<number>().as("count"))
        .whereRef("recovery_plan_groups.recovery_plan_id", "=", "recovery_plans.id")})`.as("group_count"),
    )
    .where("recovery_plans.project_id", "=", projectId)
    .where("recovery_plans.deleted_at", "is", null);
  return list(
    {
      query: query as unknown as SelectQueryBuilder<Database, "recovery_plans", RecoveryPlanSummary>,
      table: "recovery_plans",
    },
    request,
  );
}

/** A plan's row, a tombstone's too; `projectId` limits to the caller's. */
export function findRecoveryPlanRow(
  db: Db,
  { id, projectId }: { readonly id: string; readonly projectId?: string },
): Promise<RecoveryPlanRow | undefined> {
  let query = db.selectFrom("recovery_plans").select(COLUMNS).where("id", "=", id);
  if (projectId !== undefined) query = query.where("project_id", "=", projectId);
  return query.executeTakeFirst();
}

/** The places of a plan, in order. */
export function listPlanGroups(db: Db, planId: string): Promise<RecoveryPlanGroupRow[]> {
  return db
    .selectFrom("recovery_plan_groups")
    .selectAll()
    .where("recovery_plan_id", "=", planId)
    .orderBy("position")
    .execute();
}

/** Names of living plans that a group is in. */
export async function plansOfGroup(db: Db, groupId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("recovery_plan_groups")
    .innerJoin("recovery_plans", "recovery_plans.id", "recovery_plan_groups.recovery_plan_id")
    .select("recovery_plans.name")
    .where("recovery_plan_groups.protection_group_id", "=", groupId)
    .where("recovery_plans.deleted_at", "is", null)
    .orderBy("recovery_plans.name")
    .execute();
  return rows.map(({ name }) => name);
}

/**
 * Writes a plan with its places, over whatever was there.
 * @throws ProtectorError `recovery_plan.name_exists` when another living plan of the project has the name.
 */
export async function saveRecoveryPlan(
  db: Db,
  row: Insertable<RecoveryPlansTable>,
  places: readonly Omit<Insertable<RecoveryPlanGroupsTable>, "recovery_plan_id" | "position">[],
): Promise<void> {
  const { id, created_at: _, ...changes } = row;
  const known = await db.selectFrom("recovery_plans").select("id").where("id", "=", id).executeTakeFirst();
  await refuseTakenName(row.name, () =>
    known
      ? db.updateTable("recovery_plans").set(changes).where("id", "=", id).execute()
      : db.insertInto("recovery_plans").values(row).execute(),
  );
  await db.deleteFrom("recovery_plan_groups").where("recovery_plan_id", "=", id).execute();
  if (places.length === 0) return;
  const rows = places.map((place, position) => ({ ...place, recovery_plan_id: id, position }));
  await db.insertInto("recovery_plan_groups").values(rows).execute();
}

async function refuseTakenName(name: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDuplicate(error, "uq_plans_live_name", "live_name")) throw error;
    throw new ProtectorError("recovery_plan.name_exists", `The project has a recovery plan named ${name}.`, {
      cause: error,
    });
  }
}
