import { arrayGroupName } from "@protector/storage";
import { writeTime } from "../../db/codecs.ts";
import { step } from "../plans/planned-step.ts";
import type { CutPoint } from "../steps/replication.ts";
import { outputOf } from "./step-output.ts";
import { fromHere, type PlanningContext, type Workflow } from "./workflow.ts";

const TRANSFER_TIMEOUT_MS = 240 * 60_000;

/** Replicates now and waits until the point is usable at the other site. */
export const sync: Workflow = {
  type: "sync",
  direction: fromHere,
  plan: async (context) => {
    const steps = planSync(context);
    return {
      steps,
      blockers: [],
      warnings: [],
      expectedDataLossSeconds: null,
      recoveryPoint: null,
    };
  },
  end: async ({ trx, connection, view, steps }, end) => {
    const cut = outputOf<CutPoint>(steps, "wait");
    if (end !== "completed" || !cut) return;
    await trx
      .updateTable("protection_groups")
      .set({
        protection: "protected",
        protection_reason: null,
        last_recovery_point_at: writeTime(cut.createdAt),
        updated_at: connection.now(),
      })
      .where("id", "=", view.group.id)
      .execute();
  },
  report: ({ steps }) => ({
    members: [],
    recoveryPoint: outputOf<CutPoint>(steps, "wait")?.suffix ?? null,
    dataLossSeconds: null,
    downtimeSeconds: null,
    leftovers: [],
  }),
};

function planSync({ view, source, target, operation }: PlanningContext) {
  const arrayGroup = arrayGroupName(view.group.id);
  const suffix = `protector-${operation.id.replaceAll("-", "").slice(0, 12)}-s`;
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: view.group.epoch },
      settings: { isUndoable: true },
    }),
    step("cut", "ensure", "replication.cut", `Replicate now from ${source.siteName}`, "replicate", "source", {
      input: { arrayGroup, suffix },
      dependsOn: ["marker.take"],
      settings: { isUndoable: true },
    }),
    step("wait", "observe", "replication.wait", `Transfer to ${target.siteName}`, "replicate", "target", {
      input: { arrayGroup, cutStep: "cut" },
      dependsOn: ["cut"],
      settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 20 },
    }),
    step("marker.release", "ensure", "marker.release", "Give the group back", "finish", "source", {
      dependsOn: ["wait"],
    }),
  ];
}
