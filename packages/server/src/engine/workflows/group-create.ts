import { readJson } from "../../db/codecs.ts";
import { finding } from "../plans/findings.ts";
import { step } from "../plans/planned-step.ts";
import { checkPod } from "../plans/pod-checks.ts";
import { allowSteps } from "../plans/replication-type.ts";
import type { OperationRow } from "../runner/operation-store.ts";
import type { DescribedStorage } from "../steps/describe-storage.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import { replicationSettings } from "../world/observe-failover.ts";
import { observePod } from "../world/observe-pod.ts";
import { writeConsistencyGroup } from "./consistency-group-rows.ts";
import { outputOf } from "./step-output.ts";
import { fromHere, type PlanningContext, type Workflow, type WorkflowTransaction } from "./workflow.ts";

/** Gives a new group its array group, its replication, its markers and its Cinder group. */
export const groupCreate: Workflow = {
  type: "group_create",
  direction: fromHere,
  plan: async (context) => {
    const steps = planGroupCreate(context);
    return {
      steps,
      blockers: await connectionBlockers(context),
      warnings: [],
      expectedDataLossSeconds: null,
      recoveryPoint: null,
    };
  },
  end: async (context, end) => {
    const { trx, connection, view, operation } = context;
    if (isUpdate(operation) && view.consistencyGroups.length > 0) return;
    if (end === "completed" || end === "completed_with_errors") await recordStorage(context);
    await trx
      .updateTable("protection_groups")
      .set({
        status: end === "completed" || end === "completed_with_errors" ? "active" : "error",
        protection: "unprotected",
        protection_reason:
          end === "completed" ? "the group has no members yet" : "the group could not be set up on the arrays",
        updated_at: connection.now(),
      })
      .where("id", "=", view.group.id)
      .execute();
  },
};

/** The policy of a group that is set up has changed: its arrays follow, its state stays. */
function isUpdate(operation: OperationRow): boolean {
  return (readJson(operation.parameters) as { is_update?: boolean }).is_update === true;
}

function planGroupCreate({ view, source, target }: PlanningContext) {
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const settings = replicationSettings(view);
  const { epoch, name } = view.group;
  const allow = allowSteps({ group: { arrayGroup }, target }, { phase: "prepare", after: "array_group" });
  return [
    step("storage", "observe", "storage.describe", "Ask both arrays who they are", "check", "source"),
    step(
      "array_group",
      "ensure",
      "array_group.ensure",
      `Make array group ${arrayGroup} at ${source.siteName}`,
      "prepare",
      "source",
      {
        input: { arrayGroup, settings },
        dependsOn: ["storage"],
        settings: { isUndoable: true },
      },
    ),
    ...allow,
    ...(
      [
        ["source", source.siteName],
        ["target", target.siteName],
      ] as const
    ).map(([side, siteName]) =>
      step(
        `marker.${side}`,
        "ensure",
        "marker.ensure",
        `Make the marker on the array at ${siteName}`,
        "prepare",
        side,
        {
          input: { epoch },
          dependsOn: ["array_group"],
          settings: { isUndoable: true },
        },
      ),
    ),
    step(
      "cinder_group",
      "ensure",
      "cinder_group.ensure",
      `Make the Cinder group at ${source.siteName}`,
      "finish",
      "source",
      {
        input: { name: cinderGroupName(view.group.id), description: `Protection group ${name}`, volumeSteps: [] },
        dependsOn: [...allow.map(({ key }) => key), "marker.source", "marker.target"],
        settings: { onFailure: "member", isUndoable: true },
      },
    ),
  ];
}

async function connectionBlockers(context: PlanningContext) {
  const { source, target } = context;
  const [health, targetArray, sourceArray] = await Promise.all([
    source.array.health(),
    target.array.identify(),
    source.array.identify(),
  ]);
  if (sourceArray.id === targetArray.id) {
    return [
      finding(
        "storage.not_connected",
        sourceArray.name,
        `Both sides of the policy name the same array, ${sourceArray.name}.`,
      ),
    ];
  }
  if (health.connections.some((connection) => connection.array === targetArray.name)) return podBlockers(context);
  const reason = `Array ${sourceArray.name} has no connection to ${targetArray.name}.`;
  return [finding("storage.not_connected", sourceArray.name, reason)];
}

async function podBlockers({ view, source, target }: PlanningContext) {
  const pod = await observePod(arrayGroupAt(view, source.siteId), { source, target });
  return checkPod(pod).filter(({ result }) => result === "error");
}

async function recordStorage(context: WorkflowTransaction): Promise<void> {
  const storage = outputOf<DescribedStorage>(context.steps, "storage");
  if (!storage) return;
  const cinderGroup = outputOf<{ cinderGroupId: string }>(context.steps, "cinder_group");
  await writeConsistencyGroup(context, { ...storage.source, cinderGroupId: cinderGroup?.cinderGroupId ?? null });
  await writeConsistencyGroup(context, { ...storage.target, cinderGroupId: null });
}
