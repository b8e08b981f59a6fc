import type { ErrorItem, StepStatus } from "@protector/contract";
import { readJson, readOptionalJson, readTime } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import { COURSE_SCOPE, type GroupCourse, type GroupInRun, type OrderedGroup } from "../../domain/plan-order.ts";
import type { PlanVerb } from "../../domain/run-order.ts";
import { step } from "../plans/planned-step.ts";
import type { PlannedStep } from "../runner/plan.ts";

/** A group whose turn comes in a run. */
export interface ChosenGroup extends OrderedGroup {
  readonly groupId: string;
  /** The group's, at this site. */
  readonly projectId: string;
  readonly verb: PlanVerb;
  /** For a clean-up that belongs to the run: key of the test's step. */
  readonly testKey?: string;
  /** What the plan's digest covers of the group; null when it is not known here. */
  readonly version: { readonly epoch: number; readonly generation: number } | null;
}

/** What a step's operation is, and how often one was ordered. */
interface StepOutput {
  readonly operationId?: string;
  readonly isPartial?: boolean;
}

/** A group's step in the journal of a run. */
export interface GroupStep extends ChosenGroup, GroupInRun {
  readonly title: string;
  readonly phase: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly message: string | null;
  readonly error: ErrorItem | null;
  /** Newest operation ordered for it. */
  readonly operationId: string | undefined;
  /** It completed, but not for every member. */
  readonly isPartial: boolean;
  /** ms */
  readonly startedAt: number | null;
}

/** As people read it, with the group's name behind it. */
const TITLES: Readonly<Record<PlanVerb, string>> = {
  failover: "Fail over",
  failback: "Bring home",
  reprotect: "Replicate back",
  test_failover: "Test",
  test_cleanup: "Clean up the test of",
};

/** A group's step as a plan shows and freezes it. */
export function plannedGroupStep(group: ChosenGroup): PlannedStep {
  const { key, name, verb, tiers, dependsOn } = group;
  const tier = Object.entries(tiers).find(([scope]) => scope !== COURSE_SCOPE)?.[1] ?? 0;
  const phase = group.testKey === undefined ? `tier ${tier}` : "clean-up";
  return step(key, "fire", `group.${verb}`, `${TITLES[verb]} "${name}"`, phase, "target", { input: group, dependsOn });
}

/** The steps of a run, in order. */
export async function loadGroupSteps({ db }: DatabaseConnection, operationId: string): Promise<readonly GroupStep[]> {
  const rows = await db
    .selectFrom("dr_operation_steps")
    .selectAll()
    .where("operation_id", "=", operationId)
    .orderBy("sequence")
    .execute();
  return rows.map((row) => {
    const output = (readOptionalJson(row.output) ?? {}) as StepOutput;
    return {
      ...(readJson(row.input) as ChosenGroup),
      title: row.title,
      phase: row.phase,
      status: row.status,
      attempt: row.attempt,
      message: row.message,
      error: readOptionalJson(row.error),
      operationId: output.operationId,
      isPartial: output.isPartial ?? false,
      startedAt: row.started_at === null ? null : readTime(row.started_at),
      course: courseOf(row.status, output.operationId),
      endedAt: row.finished_at === null ? null : readTime(row.finished_at),
    };
  });
}

/** One that waits for its group has not begun. */
export function courseOf(status: StepStatus, operationId: string | undefined): GroupCourse {
  switch (status) {
    case "completed":
    case "failed":
    case "skipped":
      return status;
    case "pending":
      return "pending";
    default:
      return operationId === undefined ? "pending" : "active";
  }
}
