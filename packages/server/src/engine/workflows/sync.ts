import { flag, writeTime } from "../../db/codecs.ts";
import { saveRecoveryPoint } from "../../db/repositories/recovery-points.ts";
import { step } from "../plans/planned-step.ts";
import { arrivalTitle, cutTitle, TRANSFER_TIMEOUT_MS } from "../plans/replication-type.ts";
import type { ArrivedPoint } from "../steps/replication.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import { stableId } from "./stable-id.ts";
import { outputOf } from "./step-output.ts";
import { fromHere, type PlanningContext, type Workflow, type WorkflowTransaction } from "./workflow.ts";

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
  end: async (context, end) => {
    const { trx, connection, view, steps } = context;
    const cut = outputOf<ArrivedPoint>(steps, "wait");
    if (end !== "completed" || !cut) return;
    await recordPoint(context, cut);
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
    recoveryPoint: outputOf<ArrivedPoint>(steps, "wait")?.suffix ?? null,
    dataLossSeconds: null,
    downtimeSeconds: null,
    leftovers: [],
  }),
};

/** The list of points shows it at once, not first when the arrays are read again. */
async function recordPoint({ trx, view, sourceSiteId, now }: WorkflowTransaction, point: ArrivedPoint): Promise<void> {
  await saveRecoveryPoint(trx, {
    id: stableId(view.group.id, sourceSiteId, point.suffix),
    protection_group_id: view.group.id,
    source_site_id: sourceSiteId,
    name: point.suffix,
    cut_at: writeTime(point.createdAt),
    completed_at: point.completedAt === null ? null : writeTime(point.completedAt),
    progress: 1,
    bytes_sent: point.bytesSent,
    is_usable: flag(true),
    proven_at: null,
    seen_at: writeTime(now),
  });
}

function planSync({ view, source, target, operation }: PlanningContext) {
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const suffix = `protector-${operation.id.replaceAll("-", "").slice(0, 12)}-s`;
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: view.group.epoch },
      settings: { isUndoable: true },
    }),
    step("cut", "ensure", "replication.cut", cutTitle({ group: { arrayGroup }, source }), "replicate", "source", {
      input: { arrayGroup, suffix },
      dependsOn: ["marker.take"],
      settings: { isUndoable: true },
    }),
    step(
      "wait",
      "observe",
      "replication.wait",
      arrivalTitle({ group: { arrayGroup }, target }),
      "replicate",
      "target",
      {
        input: { arrayGroup, cutStep: "cut" },
        dependsOn: ["cut"],
        settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 20 },
      },
    ),
    step("marker.release", "ensure", "marker.release", "Give the group back", "finish", "source", {
      dependsOn: ["wait"],
    }),
  ];
}
