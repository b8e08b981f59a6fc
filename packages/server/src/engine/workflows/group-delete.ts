import { howToDeleteOnArray, type KeptChoice } from "@protector/contract";
import { readJson } from "../../db/codecs.ts";
import { removeGroup } from "../../domain/apply-document.ts";
import { buryGroup } from "../../domain/group-deletion.ts";
import { keptRemovals, keptStays, staysOf } from "../plans/kept-removal.ts";
import { OWED } from "../plans/take-down.ts";
import type { PlannedStep } from "../runner/plan.ts";
import type { GroupView } from "../world/group-view.ts";
import { keptObjects } from "../world/kept-objects.ts";
import { planForgetting } from "./forget-group.ts";
import { owedSteps } from "./owed-steps.ts";
import { planStorageTakeDown } from "./take-down.ts";
import { fromHere, type Workflow } from "./workflow.ts";

/** What a person has said of the deletion. */
interface Wish {
  readonly peer_lost?: boolean;
  /** Undefined: there was nothing kept. */
  readonly kept_snapshots?: KeptChoice;
}

/** As long as the marker stands, the deletion can be repeated. */
function afterAll(planned: PlannedStep, removals: readonly PlannedStep[], isPeerLost: boolean): PlannedStep {
  if (planned.key !== "marker.source") return planned;
  const keys = removals.map(({ key }) => key);
  return isPeerLost
    ? { ...planned, after: [...planned.after, ...keys] }
    : { ...planned, dependsOn: [...planned.dependsOn, ...keys] };
}

function stays({ name, siteName }: ReturnType<typeof staysOf>[number]) {
  const reason = `kept, as was asked: it is on the array at ${siteName}, and nothing lists it any more. Delete it there when nobody needs it: ${howToDeleteOnArray(name)}`;
  return { subject: name, reason };
}

/**
 * Takes away what group_create made, and what was kept of volumes unless it is to stay; the row stays as a tombstone until
 * the peer's receipt. When the peer is lost for good, what is there becomes a duty, and the group goes with its members: they
 * run on, unprotected. A site that was given up and replaced forgets the group for itself alone.
 */
export const groupDelete: Workflow = {
  type: "group_delete",
  direction: (view, localSiteId) =>
    isGivenUp(view)
      ? { sourceSiteId: view.group.peer_site_id, targetSiteId: localSiteId }
      : fromHere(view, localSiteId),
  makesNothing: true,
  plan: async (context) => {
    const { peer_lost: isPeerLost = false, kept_snapshots: choice } = readJson(context.operation.parameters) as Wish;
    const isForgotten = isGivenUp(context.view);
    const plan = isForgotten ? await planForgetting(context) : await planStorageTakeDown(context, { isPeerLost });
    const kept = await keptObjects(context);
    // A site that was given up has no say at the other one any more.
    const staying = kept.filter(({ side }) => choice === "keep" || (isForgotten && side === "source"));
    const removals = keptRemovals(
      kept.filter((each) => !staying.includes(each)),
      ({ id, side }) => ({
        key: `kept.${id}`,
        dependsOn: plan.steps.some(({ key }) => key === "marker.take") ? ["marker.take"] : [],
        ...(isPeerLost && !isForgotten && side === "target" ? { settings: OWED } : {}),
      }),
    );
    const steps = plan.steps.map((each) => afterAll(each, removals, isPeerLost));
    return { ...plan, steps: [...staying.map(keptStays), ...removals, ...steps] };
  },
  report: ({ steps }) => ({
    members: [],
    recoveryPoint: null,
    dataLossSeconds: null,
    downtimeSeconds: null,
    leftovers: [...owedSteps(steps), ...staysOf(steps).map(stays)],
  }),
  end: async ({ trx, connection, view, localSiteId, now }, end) => {
    if (end === "completed" || end === "completed_with_errors") {
      for (const { id } of view.members) {
        await trx.deleteFrom("cg_volumes").where("member_id", "=", id).execute();
        await trx.deleteFrom("pg_members").where("id", "=", id).execute();
      }
      // Nobody would send a receipt for a tombstone.
      if (isGivenUp(view)) return removeGroup(trx, view.group.id);
      await buryGroup(trx, { groupId: view.group.id, localSiteId, now });
      return;
    }
    await trx
      .updateTable("protection_groups")
      .set({ status: "error", updated_at: connection.now() })
      .where("id", "=", view.group.id)
      .execute();
  },
};

function isGivenUp({ group }: GroupView): boolean {
  return group.given_up_at !== null;
}
