import { TEST_PHASES } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import { standingTests } from "../../domain/standing-tests.ts";
import { timeText } from "../../domain/time-text.ts";
import { withHooks } from "../plans/hooks.ts";
import { lookKey, planTestCleanup } from "../plans/test-cleanup.ts";
import type { OperationWrite } from "../runner/journal.ts";
import type { LookForTestInput } from "../steps/look-for-test.ts";
import { hookScene } from "../world/hook-scene.ts";
import { outputOf } from "./step-output.ts";
import type { PlanningContext, Workflow, WorkflowReport, WorkflowTransaction } from "./workflow.ts";

/** ms until the watch tries again what could not be cleaned up. */
const AGAIN_AFTER_MS = 3_600_000;

/** Deletes what test failovers made here, by ledger and then by looking; complete only when a look finds nothing. */
export const testCleanup: Workflow = {
  type: "test_cleanup",
  direction: (view, localSiteId) => ({ sourceSiteId: view.group.peer_site_id, targetSiteId: localSiteId }),
  isOutsideEpochs: true,
  plan: planCleanup,
  begin: async (context) => {
    const tests = await standingTests(context.trx, scopeOf(context));
    await setPhase(
      context,
      tests.map(({ operation }) => operation.id),
      { phase: TEST_PHASES.cleaning },
    );
  },
  end: async (context) => {
    const { displaced_by: displacedBy } = context.operation;
    for (const testId of await testsOf(context)) {
      if (outputOf(context.steps, lookKey(testId))) await recordGone(context, testId);
      else if (displacedBy !== null) await recordPutOff(context, testId, displacedBy);
      else if (context.steps.length > 0) await recordLeft(context, testId);
    }
  },
  report: reportCleanup,
};

async function planCleanup(context: PlanningContext) {
  const { operation, view, target, connection } = context;
  const plan = planTestCleanup({
    groupName: view.group.name,
    siteName: target.siteName,
    tests: await standingTests(connection.db, scopeOf(context)),
    production: [
      ...view.members.flatMap(({ row }) => [row.home_server_id, row.peer_server_id]),
      ...view.volumes.map((row) => row.volume_id),
    ].filter((id) => id !== null),
  });
  return withHooks(plan, hookScene(operation, view));
}

function scopeOf({ operation, view }: Pick<PlanningContext, "operation" | "view">) {
  const { test_id } = readJson(operation.parameters) as { test_id?: string };
  return { groupId: view.group.id, testId: test_id };
}

/** Ids of the tests that it is about: those of its plan, or what it would have planned. */
async function testsOf(context: WorkflowTransaction): Promise<readonly string[]> {
  if (context.steps.length === 0)
    return (await standingTests(context.trx, scopeOf(context))).map(({ operation }) => operation.id);
  return context.steps.flatMap(({ action, input }) =>
    action === "test.look" ? (input as LookForTestInput).testId : [],
  );
}

async function recordGone(context: WorkflowTransaction, testId: string): Promise<void> {
  const { trx, connection, operation } = context;
  await trx
    .updateTable("resource_ledger")
    .set({ state: "removed", updated_at: connection.now() })
    .where("operation_id", "=", testId)
    .where("state", "!=", "removed")
    .execute();
  await setPhase(context, [testId], {
    phase: TEST_PHASES.cleaned,
    status_reason: `cleaned up by operation ${operation.id}`,
    next_look_at: null,
  });
}

/** It stands, or what is left of it does. */
async function recordLeft(context: WorkflowTransaction, testId: string): Promise<void> {
  await setPhase(context, [testId], {
    phase: TEST_PHASES.standing,
    status_reason: `not cleaned up completely by operation ${context.operation.id}: tried again at ${timeText(context.now + AGAIN_AFTER_MS)}`,
    next_look_at: context.connection.fromNow(AGAIN_AFTER_MS),
  });
}

/** The watch goes on as soon as whoever needed the group more lets it. */
async function recordPutOff(context: WorkflowTransaction, testId: string, displacedBy: string): Promise<void> {
  await setPhase(context, [testId], {
    phase: TEST_PHASES.standing,
    status_reason: `its clean-up gave way to operation ${displacedBy}, and goes on by itself when that has ended or waits for its commit`,
    next_look_at: context.connection.now(),
  });
}

async function setPhase(
  { trx }: WorkflowTransaction,
  testIds: readonly string[],
  change: OperationWrite,
): Promise<void> {
  if (testIds.length > 0) await trx.updateTable("dr_operations").set(change).where("id", "in", testIds).execute();
}

function reportCleanup({ steps }: Omit<WorkflowTransaction, "trx">): WorkflowReport {
  const failed = steps.filter((each) => each.status === "failed" && each.error);
  return {
    members: [],
    recoveryPoint: null,
    dataLossSeconds: null,
    downtimeSeconds: null,
    leftovers: failed.map((each) => ({ subject: each.title, reason: each.error?.detail ?? "not done" })),
  };
}
