import { readJson, readOptionalJson, readTime, writeJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import { findProvenTest } from "../../domain/proven-tests.ts";
import type { MeasuredSeconds } from "../plans/expected-duration.ts";
import type { JournaledStep, OperationRow } from "./operation-store.ts";

/** What tells which operations are like another one; its own group and parameters, where it is ordered already. */
export type MeasuredKind = Pick<OperationRow, "type" | "site_id"> &
  Partial<Pick<OperationRow, "protection_group_id" | "protection_group_name" | "parameters">>;

/**
 * How long the steps of the newest completed operation of the same type took at the same site: the median of each action.
 * Where it promotes a test, what that one has measured comes first. Empty before there is one. The figures travel with a
 * group's history, so both sites know them.
 */
export async function measuredSeconds(
  connection: DatabaseConnection,
  operation: MeasuredKind,
): Promise<MeasuredSeconds> {
  const like = await measuredByLike(connection, operation);
  const promoted = await promotedTest(connection, operation);
  const tested = Object.entries(readOptionalJson(promoted?.step_seconds ?? null) ?? {});
  return new Map([...like, ...tested]);
}

/** Whether an operation follows a test, and its times. */
export function isPromotion({ parameters }: MeasuredKind): boolean {
  return promotesOf(parameters) !== undefined;
}

function promotesOf(parameters: MeasuredKind["parameters"]): string | undefined {
  return (readJson(parameters ?? writeJson({})) as { promotes?: string }).promotes;
}

async function promotedTest({ db }: DatabaseConnection, operation: MeasuredKind) {
  const { protection_group_id: id, protection_group_name: name = "", site_id: siteId } = operation;
  const promotes = promotesOf(operation.parameters);
  if (promotes === undefined || !id) return undefined;
  return findProvenTest(db, { group: { id, name }, siteId, promotes });
}

async function measuredByLike({ db }: DatabaseConnection, operation: MeasuredKind): Promise<MeasuredSeconds> {
  const newest = await db
    .selectFrom("dr_operations")
    .select("step_seconds")
    .where("type", "=", operation.type)
    .where("site_id", "=", operation.site_id)
    .where("status", "=", "completed")
    .where("is_dry_run", "=", 0)
    .where("step_seconds", "is not", null)
    .orderBy("finished_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return new Map(Object.entries(readOptionalJson(newest?.step_seconds ?? null) ?? {}));
}

/** Median s of each action among the completed steps of an operation. */
export function secondsByAction(
  steps: readonly Pick<JournaledStep, "action" | "status" | "startedAt" | "finishedAt">[],
): Readonly<Record<string, number>> {
  const byAction = new Map<string, number[]>();
  for (const { action, status, startedAt, finishedAt } of steps) {
    if (status !== "completed" || startedAt === null || finishedAt === null) continue;
    const seconds = Math.max(0, finishedAt - startedAt) / 1000;
    const before = byAction.get(action);
    if (before) before.push(seconds);
    else byAction.set(action, [seconds]);
  }
  return Object.fromEntries([...byAction].map(([action, seconds]) => [action, median(seconds)]));
}

/** Operations that a prediction's error is taken from, at most. */
const COMPARED = 10;

/** How far predictions were off: the median of the newest completed operations of a kind at a site, in per cent. */
export interface ForecastError {
  /** Null = no operation of the kind that was predicted from measured steps has completed there. */
  readonly percent: number | null;
  readonly operations: number;
}

/**
 * Compares what plans predicted with how long their operations took. The first operation of a type at a site does not
 * count: nothing was measured when it was planned.
 */
export async function forecastError(
  { db }: DatabaseConnection,
  { type, mode, site_id }: Pick<OperationRow, "type" | "mode" | "site_id">,
): Promise<ForecastError> {
  const rows = await db
    .selectFrom("dr_operations")
    .select(["mode", "expected_seconds", "started_at", "finished_at"])
    .where("type", "=", type)
    .where("site_id", "=", site_id)
    .where("status", "=", "completed")
    .where("is_dry_run", "=", 0)
    .where("expected_seconds", "is not", null)
    .orderBy("finished_at", "desc")
    .limit(COMPARED + 1)
    .execute();
  const comparable = rows.slice(0, Math.min(COMPARED, rows.length - 1)).filter((row) => row.mode === mode);
  const errors = comparable.flatMap(({ expected_seconds, started_at, finished_at }) => {
    if (expected_seconds === null || started_at === null || finished_at === null) return [];
    const actual = (readTime(finished_at) - readTime(started_at)) / 1000;
    return actual > 0 ? [(Math.abs(expected_seconds - actual) / actual) * 100] : [];
  });
  return { percent: errors.length === 0 ? null : Math.round(median(errors)), operations: errors.length };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
