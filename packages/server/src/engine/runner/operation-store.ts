import { createHash } from "node:crypto";
import {
  canonicalJson,
  type DurationForecast,
  type ErrorItem,
  type OperationType,
  type Plan,
  ProtectorError,
} from "@protector/contract";
import type { Selectable, Transaction } from "kysely";
import { readJson, readOptionalJson, readTime, writeJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { Database, DrOperationsTable } from "../../db/schema.ts";
import { isPointOfNoReturn } from "./commit.ts";
import type { OperationPlan, PlannedStep, StepSettings } from "./plan.ts";

/** A step with its journal. */
export interface JournaledStep extends PlannedStep {
  readonly sequence: number;
  status: import("@protector/contract").StepStatus;
  attempt: number;
  output: unknown;
  input: unknown;
  readonly error: ErrorItem | null;
  /** When the newest try began, ms on the database's clock. */
  startedAt: number | null;
  /** When it ended as it is, ms on the database's clock. */
  readonly finishedAt: number | null;
}

/** Types of operation that are about one group. */
export type GroupOperationType = Exclude<OperationType, "site_failover">;

/** An operation on one group. */
export type OperationRow = Selectable<DrOperationsTable> & {
  readonly type: GroupOperationType;
  readonly protection_group_id: string;
};

/** @throws ProtectorError `operation.not_found`; Error for one on many groups. */
export async function loadOperation(connection: DatabaseConnection, id: string): Promise<OperationRow> {
  const row = await connection.db.selectFrom("dr_operations").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw new ProtectorError("operation.not_found", `There is no operation ${id}.`);
  if (!isOfOneGroup(row)) throw new Error(`operation ${id} is on many groups`);
  return row;
}

/** Whether an operation is on one group: its steps can be run. */
export function isOfOneGroup(row: Selectable<DrOperationsTable>): row is OperationRow {
  return row.type !== "site_failover" && row.protection_group_id !== null;
}

/** All steps of an operation in the order of its plan; empty before it is planned. */
export async function loadSteps(
  connection: DatabaseConnection,
  operationId: string,
): Promise<readonly JournaledStep[]> {
  const rows = await connection.db
    .selectFrom("dr_operation_steps")
    .selectAll()
    .where("operation_id", "=", operationId)
    .orderBy("sequence")
    .execute();
  return rows.map((row) => {
    const { after, ...settings } = readJson(row.settings) as StepSettings & { after: readonly string[] };
    return {
      key: row.step_key,
      kind: row.kind,
      action: row.action,
      title: row.title,
      phase: row.phase,
      site: row.site,
      memberId: row.member_id,
      dependsOn: readJson(row.depends_on),
      after,
      input: readJson(row.input),
      settings,
      sequence: row.sequence,
      status: row.status,
      attempt: row.attempt,
      output: readOptionalJson(row.output) ?? undefined,
      error: readOptionalJson(row.error),
      startedAt: row.started_at === null ? null : readTime(row.started_at),
      finishedAt: row.finished_at === null ? null : readTime(row.finished_at),
    };
  });
}

/** The database's clock, ms since the UNIX epoch. */
export async function databaseTime(connection: DatabaseConnection): Promise<number> {
  const row = await connection.db.selectNoFrom(() => connection.now().as("now")).executeTakeFirstOrThrow();
  return readTime(row.now);
}

/** Request id of the calls that an operation makes, and of its errors: that of the request that started it. */
export function requestIdOf({ id, request_id }: Pick<OperationRow, "id" | "request_id">): string {
  return request_id ?? `req-${id}`;
}

/**
 * What the API shows of a plan. Its digest covers the inputs too, so that a confirmed plan is the one that runs; names
 * that hold the operation's id differ between the dry run and the real one and do not count.
 */
export function publicPlan(
  plan: OperationPlan,
  { id, forecast }: { readonly id: string; readonly forecast: DurationForecast },
): Plan {
  return {
    steps: plan.steps.map((step) => ({
      key: step.key,
      kind: step.kind,
      title: step.title,
      phase: step.phase,
      site: step.site,
      member_id: step.memberId,
      depends_on: [...step.dependsOn, ...step.after],
      is_point_of_no_return: isPointOfNoReturn(step, plan.steps),
    })),
    blockers: [...plan.blockers],
    warnings: [...plan.warnings],
    expected_duration_seconds: forecast.seconds,
    duration_forecast: forecast,
    expected_data_loss_seconds: plan.expectedDataLossSeconds,
    recovery_point: plan.recoveryPoint,
    digest: createHash("sha256")
      .update(withoutId(canonicalJson(plan.steps), id))
      .digest("hex"),
  };
}

/** Object names hold the id whole or its first hex digits (`protector-<12 hex>`). */
function withoutId(text: string, id: string): string {
  return text.replaceAll(id, "<operation>").replaceAll(id.replaceAll("-", "").slice(0, 12), "<operation>");
}

/** Rows per INSERT: keeps a statement under MariaDB's default packet size at 1,000 members. */
const ROWS_PER_INSERT = 200;

/** Freezes a plan's steps as rows, all pending. */
export async function insertSteps(
  trx: Transaction<Database>,
  operation: { readonly id: string; readonly leaseNumber: number },
  steps: readonly PlannedStep[],
): Promise<void> {
  const rows = steps.map((step, sequence) => ({
    operation_id: operation.id,
    step_key: step.key,
    sequence,
    kind: step.kind,
    action: step.action,
    title: step.title,
    phase: step.phase,
    site: step.site,
    member_id: step.memberId,
    depends_on: writeJson(step.dependsOn),
    input: writeJson(step.input),
    settings: writeJson({ ...step.settings, after: step.after }),
    status: "pending" as const,
    attempt: 0,
    lease_number: operation.leaseNumber,
    progress: null,
    message: null,
    output: null,
    error: null,
    started_at: null,
    finished_at: null,
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    await trx
      .insertInto("dr_operation_steps")
      .values(rows.slice(from, from + ROWS_PER_INSERT))
      .execute();
  }
}
