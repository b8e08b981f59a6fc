import type { Selectable } from "kysely";
import type { TestSite } from "../../packages/server/src/api/testing.ts";
import { writeTime } from "../../packages/server/src/db/codecs.ts";
import type { DrOperationsTable } from "../../packages/server/src/db/schema.ts";
import { inTransaction } from "../../packages/server/src/db/transaction.ts";
import { raiseGeneration } from "../../packages/server/src/domain/generations.ts";
import { buryGroup } from "../../packages/server/src/domain/group-deletion.ts";
import { removePolicy } from "../../packages/server/src/domain/policy-removal.ts";

/** Ends a group's deletion as the engine does. */
export function bury(site: TestSite, groupId: string, now: number): Promise<void> {
  return inTransaction(site.database.db, (transaction) =>
    buryGroup(transaction, { groupId, localSiteId: site.siteId, now }),
  );
}

/** Time of what changes a group. */
const CHANGED_AT = Date.parse("2026-03-01T12:30:00Z");
const DIGEST = "a".repeat(64);
const MEMBER = "11111111-2222-4333-8444-555555555555";

/** What the stand-in finds when it looks at both sites. */
export interface Findings {
  readonly blockers?: readonly { readonly check: string; readonly reason: string }[];
  /** How a real run ends. */
  readonly end?: "completed" | "completed_with_errors" | "failed";
}

/**
 * Takes every waiting operation of a site one step on, as the API would show it: a dry run gets its plan, a failover
 * runs, moves the primary role here and ends.
 */
export async function advanceOperations(site: TestSite, findings: Findings = {}): Promise<void> {
  const { db } = site.database;
  const open = await db.selectFrom("dr_operations").selectAll().where("status", "in", ["pending", "running"]).execute();
  for (const operation of open) {
    const set = (changes: object) =>
      db.updateTable("dr_operations").set(changes).where("id", "=", operation.id).execute();
    const plan = JSON.stringify(planOf(findings));
    const now = site.database.now();
    if (operation.is_dry_run === 1) await set({ status: "completed", plan, finished_at: now });
    else if (operation.status === "pending") await set({ status: "running", plan, started_at: now, progress: 0.5 });
    else {
      const status = findings.end ?? "completed";
      await set({ status, progress: 1, finished_at: now });
      if (status !== "failed") await changeGroup(site, operation);
    }
    const isDone = operation.is_dry_run === 1 || operation.status === "running";
    if (!isDone) continue;
    if (operation.type === "group_delete" && operation.is_dry_run === 0) continue;
    const freed = db.updateTable("protection_groups").set({ current_operation_id: null });
    await freed.where("id", "=", operation.protection_group_id).execute();
  }
}

/** What the group is after an operation. */
async function changeGroup(
  site: TestSite,
  { type, protection_group_id: id, parameters }: Selectable<DrOperationsTable>,
): Promise<void> {
  if (id === null) return;
  if (type === "failover" || type === "failback") await movePrimary(site, id);
  if (type === "group_delete") await bury(site, id, CHANGED_AT);
  if (type === "policy_delete") await dropPolicy(site, id);
  if (type !== "member_remove") return;
  const { member_id } = JSON.parse(parameters) as { readonly member_id: string };
  await inTransaction(site.database.db, async (transaction) => {
    await transaction.deleteFrom("pg_members").where("id", "=", member_id).execute();
    await raiseGeneration(transaction, { groupId: id, localSiteId: site.siteId, now: CHANGED_AT });
  });
}

function dropPolicy(site: TestSite, groupId: string): Promise<void> {
  return inTransaction(site.database.db, async (transaction) => {
    await removePolicy(transaction, groupId, writeTime(CHANGED_AT));
    await transaction.updateTable("protection_groups").set({ status: "creating" }).where("id", "=", groupId).execute();
    await raiseGeneration(transaction, { groupId, localSiteId: site.siteId, now: CHANGED_AT });
  });
}

async function movePrimary(site: TestSite, groupId: string): Promise<void> {
  await inTransaction(site.database.db, async (transaction) => {
    const group = await transaction
      .selectFrom("protection_groups")
      .selectAll()
      .where("id", "=", groupId)
      .executeTakeFirstOrThrow();
    const changes = {
      status: group.home_site_id === site.siteId ? ("active" as const) : ("failed_over" as const),
      primary_site_id: site.siteId,
      peer_site_id: group.primary_site_id,
      epoch: group.epoch + 1,
    };
    await transaction.updateTable("protection_groups").set(changes).where("id", "=", groupId).execute();
    await raiseGeneration(transaction, { groupId, localSiteId: site.siteId, now: CHANGED_AT });
  });
}

function planOf({ blockers = [] }: Findings) {
  const step = (key: string, phase: string, isLast = false) => ({
    key,
    kind: "ensure",
    title: `Do ${key}`,
    phase,
    site: "target",
    member_id: MEMBER,
    depends_on: [],
    is_point_of_no_return: isLast,
  });
  return {
    steps: [step("stop", "quiesce"), step("clone", "recover"), step("start", "recover", true)],
    blockers: blockers.map((one) => ({ ...one, result: "error", subject: "shop", remedy: null })),
    warnings: [{ check: "user_data", result: "warning", subject: "web", reason: "has runcmd", remedy: "drop it" }],
    expected_duration_seconds: 125,
    duration_forecast: { seconds: 125, basis: "measured", error_percent: 8, compared_operations: 3 },
    expected_data_loss_seconds: 0,
    recovery_point: null,
    digest: DIGEST,
  };
}
