import {
  type DecidedPlan,
  ENDED_OPERATION_STATUSES,
  PLAN_CONCURRENCY,
  type PlaceGroup,
  type PlannedGroup,
  ProtectorError,
  type RecoveryPlan,
} from "@protector/contract";
import {
  findRecoveryPlanRow,
  listPlanGroups,
  listRecoveryPlans,
  type RecoveryPlanRow,
} from "../../db/repositories/recovery-plans.ts";
import { findSite } from "../../db/repositories/sites.ts";
import { findMappingOfProject } from "../../db/repositories/tenant-mappings.ts";
import { type Db, inTransaction } from "../../db/transaction.ts";
import {
  comparePlans,
  planDocument,
  readPlan,
  requirePossiblePlan,
  requireTrustedPlan,
  writePlan,
} from "../../domain/recovery-plan-content.ts";
import { audit } from "../audit.ts";
import { startRun } from "../changes/start-run.ts";
import { type Call, callerOf, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { recoveryPlanSummary, recoveryPlanView } from "../views/recovery-plan.ts";

type Names =
  | "recovery_plans.index"
  | "recovery_plans.create"
  | "recovery_plans.show"
  | "recovery_plans.update"
  | "recovery_plans.delete"
  | "recovery_plans.document"
  | "recovery_plans.deliver"
  | "recovery_plans.action";

export function recoveryPlanHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, identity, clock } = ports;
  return {
    "recovery_plans.index": async (call) => {
      const scope = { projectId: call.path.project_id };
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listRecoveryPlans(database.db, scope, request),
        recoveryPlanSummary,
      );
      const body = { recovery_plans: items, ...(next.length > 0 ? { recovery_plans_links: next } : {}), links };
      return { body, link: header };
    },
    "recovery_plans.create": async (call) => {
      const plan = await createPlan(ports, call);
      return { body: { recovery_plan: plan }, location: `/v1/${call.path.project_id}/recovery-plans/${plan.id}` };
    },
    "recovery_plans.show": async ({ path }) => ({
      body: { recovery_plan: await view(database.db, await requirePlan(database.db, path)) },
    }),
    "recovery_plans.update": async (call) => ({ body: { recovery_plan: await updatePlan(ports, call) } }),
    "recovery_plans.delete": async (call) => {
      await deletePlan(ports, call);
      return { body: undefined };
    },
    "recovery_plans.document": async ({ path }) => {
      const row = await findRecoveryPlanRow(database.db, { id: path.id, projectId: path.project_id });
      if (!row) throw notFound(path.id);
      return { body: await planDocument(database.db, identity, { row, now: clock.now() }) };
    },
    "recovery_plans.deliver": async (call) => {
      await takePlan(ports, call);
      return { body: undefined };
    },
    "recovery_plans.action": async (call) => {
      const plan = await requirePlan(database.db, call.path);
      const places = await listPlanGroups(database.db, plan.id);
      if (places.length === 0)
        throw new ProtectorError("recovery_plan.empty", `Recovery plan "${plan.name}" has no groups.`);
      await ports.trusts.ensure(callerOf(call), call.path.project_id, call.requestId);
      const { name, concurrency } = plan;
      const start = { call, action: call.body, planId: plan.id, peerSiteId: null, name, concurrency };
      const { operation, location } = await startRun(ports, start);
      return { body: { operation }, location };
    },
  };
}

interface PlanPath {
  readonly id: string;
  readonly project_id: string;
}

function notFound(id: string): ProtectorError {
  return new ProtectorError("recovery_plan.not_found", `There is no recovery plan ${id}.`);
}

async function requirePlan(db: Db, { id, project_id }: PlanPath): Promise<RecoveryPlanRow> {
  const row = await findRecoveryPlanRow(db, { id, projectId: project_id });
  if (!row || row.deleted_at !== null) throw notFound(id);
  return row;
}

async function view(db: Db, row: RecoveryPlanRow): Promise<RecoveryPlan> {
  const current = await db
    .selectFrom("dr_operations")
    .select("id")
    .where("type", "=", "site_failover")
    .where("recovery_plan_id", "=", row.id)
    .where("is_dry_run", "=", 0)
    .where("status", "not in", ENDED_OPERATION_STATUSES)
    .executeTakeFirst();
  return recoveryPlanView(db, row, {
    places: await listPlanGroups(db, row.id),
    currentOperationId: current?.id ?? null,
  });
}

function planned(groups: readonly PlaceGroup[]): PlannedGroup[] {
  return groups.map((group) => ({
    protection_group_id: group.protection_group_id,
    tier: group.tier ?? 0,
    depends_on: [...new Set(group.depends_on ?? [])],
    delay_seconds: group.delay_seconds ?? 0,
    is_critical: group.is_critical ?? false,
  }));
}

/** @throws ProtectorError `recovery_plan.invalid`, `recovery_plan.cycle`. */
async function requireGroups(db: Db, projectId: string, groups: readonly PlannedGroup[]): Promise<void> {
  const rows = await db
    .selectFrom("protection_groups")
    .select(["id", "name"])
    .where("project_id", "=", projectId)
    .where("deleted_at", "is", null)
    .execute();
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  requirePossiblePlan(groups, (id) => names.get(id));
}

async function createPlan(ports: ApiPorts, call: Call<"recovery_plans.create">): Promise<RecoveryPlan> {
  const { database, clock, random } = ports;
  const { project_id: projectId } = call.path;
  const { name, description = "", concurrency = PLAN_CONCURRENCY.usual, groups = [] } = call.body.recovery_plan;
  const decided = { name, description, concurrency, groups: planned(groups) };
  const id = random.uuid();
  return inTransaction(database.db, async (transaction) => {
    await requireGroups(transaction, projectId, decided.groups);
    await writePlan(transaction, { id, projectId, decided, generation: 1, isDeleted: false, now: clock.now() });
    await auditPlan(ports, transaction, call, { id, action: "create", detail: decided });
    return view(transaction, await requirePlan(transaction, { id, project_id: projectId }));
  });
}

async function updatePlan(ports: ApiPorts, call: Call<"recovery_plans.update">): Promise<RecoveryPlan> {
  const { database, clock } = ports;
  const { generation: seen, groups, ...changes } = call.body.recovery_plan;
  return inTransaction(database.db, async (transaction) => {
    const row = await requirePlan(transaction, call.path);
    if (seen !== undefined && seen !== row.generation) {
      const detail = `Recovery plan "${row.name}" is at generation ${row.generation}, not at ${seen}.`;
      throw new ProtectorError("generation.conflict", detail);
    }
    const before = await readPlan(transaction, row);
    const decided = { ...before, ...changes, ...(groups === undefined ? {} : { groups: planned(groups) }) };
    if (groups !== undefined) await requireGroups(transaction, row.project_id, decided.groups);
    await rewrite(transaction, row, { decided, isDeleted: false, now: clock.now() });
    await auditPlan(ports, transaction, call, { id: row.id, action: "update", detail: { ...changes, groups } });
    return view(transaction, await requirePlan(transaction, call.path));
  });
}

async function deletePlan(ports: ApiPorts, call: Call<"recovery_plans.delete">): Promise<void> {
  const { database, clock } = ports;
  await inTransaction(database.db, async (transaction) => {
    const row = await requirePlan(transaction, call.path);
    const decided = { ...(await readPlan(transaction, row)), groups: [] };
    await rewrite(transaction, row, { decided, isDeleted: true, now: clock.now() });
    await auditPlan(ports, transaction, call, { id: row.id, action: "delete", detail: { name: row.name } });
  });
}

async function rewrite(
  transaction: Db,
  row: RecoveryPlanRow,
  { decided, isDeleted, now }: { readonly decided: DecidedPlan; readonly isDeleted: boolean; readonly now: number },
): Promise<void> {
  const { id, project_id: projectId, created_at: createdAt, generation } = row;
  await writePlan(transaction, { id, projectId, createdAt, decided, generation: generation + 1, isDeleted, now });
}

/** Takes the peer's version of a plan; the version that is replaced is kept in the audit. */
async function takePlan(ports: ApiPorts, call: Call<"recovery_plans.deliver">): Promise<void> {
  const { database, clock } = ports;
  const document = call.body;
  const { id, project_id: projectId } = call.path;
  const peer = await findSite(database.db, document.site_id);
  const mapping = peer && (await findMappingOfProject(database.db, { siteId: peer.id, localProjectId: projectId }));
  requireTrustedPlan(document, { planId: id, peer, peerProjectId: mapping?.peer_project_id });
  await inTransaction(database.db, async (transaction) => {
    const held = await findRecoveryPlanRow(transaction, { id });
    if (held && held.project_id !== projectId)
      throw new ProtectorError("sync.untrusted", `Recovery plan ${id} is not one of this project.`);
    const order = held ? comparePlans(document, held) : 1;
    if (order === 0) return;
    if (held && order < 0) {
      const detail = `This site has generation ${held.generation} of recovery plan "${held.name}"; the document is of ${document.generation}.`;
      throw new ProtectorError("recovery_plan.stale", detail);
    }
    const { decided, generation, is_deleted: isDeleted } = document;
    const createdAt = held === undefined ? {} : { createdAt: held.created_at };
    const replaced = held && (await readPlan(transaction, held));
    await writePlan(transaction, { id, projectId, decided, generation, isDeleted, ...createdAt, now: clock.now() });
    const detail = { from: document.site_id, generation, is_deleted: isDeleted, replaced };
    await auditPlan(ports, transaction, call, { id, action: "deliver", detail });
  });
}

async function auditPlan(
  ports: ApiPorts,
  transaction: Db,
  call: Parameters<typeof audit>[2]["call"],
  { id, action, detail }: { readonly id: string; readonly action: string; readonly detail: unknown },
): Promise<void> {
  const event = { action: `recovery_plans.${action}`, targetType: "recovery_plan", targetId: id, detail };
  await audit(ports, transaction, { call, ...event });
}
