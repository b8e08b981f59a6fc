import type { RecoveryPlan, RecoveryPlanGroup } from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson, readTime } from "../../db/codecs.ts";
import type {
  RecoveryPlanGroupRow,
  RecoveryPlanRow,
  RecoveryPlanSummary,
} from "../../db/repositories/recovery-plans.ts";
import type { Db } from "../../db/transaction.ts";
import { runSeconds } from "../../domain/plan-order.ts";

/** A plan in a list. */
export function recoveryPlanSummary(row: RecoveryPlanSummary): RecoveryPlan {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    project_id: row.project_id,
    concurrency: row.concurrency,
    group_count: Number(row.group_count),
    member_count: null,
    is_failover_ready: null,
    expected_duration_seconds: null,
    current_operation_id: null,
    generation: row.generation,
    digest: row.digest,
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}

/** What a plan's resource needs beside its rows. */
export interface PlanFacts {
  readonly places: readonly RecoveryPlanGroupRow[];
  readonly currentOperationId: string | null;
}

/** A plan with its groups as they are now. */
export async function recoveryPlanView(
  db: Db,
  row: RecoveryPlanRow,
  { places, currentOperationId }: PlanFacts,
): Promise<RecoveryPlan> {
  const ids = places.map(({ protection_group_id }) => protection_group_id);
  const [known, seconds] = await Promise.all([groupFacts(db, ids), measuredSeconds(db, ids)]);
  const groups = places.map((place) => groupView(place, known.get(place.protection_group_id), seconds));
  const ready = groups.map(({ is_failover_ready }) => is_failover_ready);
  return {
    ...recoveryPlanSummary({ ...row, group_count: groups.length }),
    groups,
    member_count: groups.reduce((sum, { member_count }) => sum + (member_count ?? 0), 0),
    is_failover_ready: ready.includes(false) ? false : ready.includes(null) || ready.length === 0 ? null : true,
    expected_duration_seconds: expectedSeconds(groups, row.concurrency),
    current_operation_id: currentOperationId,
  };
}

type GroupFacts = Awaited<ReturnType<typeof groupFacts>> extends Map<string, infer Facts> ? Facts : never;

async function groupFacts(db: Db, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, never>();
  const rows = await db
    .selectFrom("protection_groups")
    .leftJoin("pg_members", "pg_members.protection_group_id", "protection_groups.id")
    .select([
      "protection_groups.id",
      "protection_groups.name",
      "protection_groups.status",
      "protection_groups.protection",
      "protection_groups.home_site_id",
      "protection_groups.primary_site_id",
      "protection_groups.is_failover_ready",
      "protection_groups.last_recovery_point_at",
    ])
    .select(({ fn }) => fn.count<number>("pg_members.id").as("member_count"))
    .where("protection_groups.id", "in", ids)
    .where("protection_groups.deleted_at", "is", null)
    .groupBy([
      "protection_groups.id",
      "protection_groups.name",
      "protection_groups.status",
      "protection_groups.protection",
      "protection_groups.home_site_id",
      "protection_groups.primary_site_id",
      "protection_groups.is_failover_ready",
      "protection_groups.last_recovery_point_at",
    ])
    .execute();
  return new Map(rows.map((facts) => [facts.id, facts]));
}

function groupView(
  row: RecoveryPlanGroupRow,
  facts: GroupFacts | undefined,
  seconds: ReadonlyMap<string, number>,
): RecoveryPlanGroup {
  return {
    protection_group_id: row.protection_group_id,
    tier: row.tier,
    depends_on: [...readJson(row.depends_on)],
    delay_seconds: row.delay_seconds,
    is_critical: row.is_critical === 1,
    name: facts?.name ?? null,
    status: facts?.status ?? null,
    protection: facts?.protection ?? null,
    home_site_id: facts?.home_site_id ?? null,
    primary_site_id: facts?.primary_site_id ?? null,
    member_count: facts ? Number(facts.member_count) : null,
    is_failover_ready: facts?.is_failover_ready == null ? null : facts.is_failover_ready === 1,
    last_recovery_point_at: isoTimeOrNull(facts?.last_recovery_point_at ?? null),
    expected_seconds: seconds.get(row.protection_group_id) ?? null,
  };
}

/** What the newest completed failover or test of each group took, s; whichever site ran it. */
async function measuredSeconds(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("dr_operations")
    .select(["protection_group_id", "started_at", "finished_at"])
    .where("protection_group_id", "in", ids)
    .where("type", "in", ["failover", "test_failover"])
    .where("status", "=", "completed")
    .where("is_dry_run", "=", 0)
    .orderBy("created_at")
    .execute();
  return new Map(
    rows.flatMap(({ protection_group_id: id, started_at, finished_at }) => {
      if (id === null || started_at === null || finished_at === null) return [];
      return [[id, Math.round((readTime(finished_at) - readTime(started_at)) / 1000)] as const];
    }),
  );
}

function expectedSeconds(groups: readonly RecoveryPlanGroup[], concurrency: number): number | null {
  if (groups.length === 0 || groups.some(({ expected_seconds }) => expected_seconds === null)) return null;
  const seconds = new Map(groups.map((group) => [group.protection_group_id, group.expected_seconds ?? 0]));
  const ordered = groups.map((group) => ({
    key: group.protection_group_id,
    name: group.name ?? group.protection_group_id,
    tiers: { plan: group.tier },
    dependsOn: group.depends_on,
    delaySeconds: group.delay_seconds,
    isCritical: group.is_critical,
  }));
  const total = runSeconds(ordered, concurrency, (key) => seconds.get(key) ?? 0);
  return total === undefined ? null : Math.ceil(total);
}
