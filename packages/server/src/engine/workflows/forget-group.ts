import { planForgettingSteps } from "../plans/forget-group.ts";
import type { OperationPlan } from "../runner/plan.ts";
import { isProtectorsLock } from "../steps/servers.ts";
import { arrayGroupAt, cinderGroupName } from "../world/group-names.ts";
import { serverAt } from "../world/group-view.ts";
import { mayHaveStorage } from "./take-down.ts";
import type { PlanningContext } from "./workflow.ts";

/** Looks at what a site that was given up has of a group, and plans that it goes. */
export async function planForgetting(context: PlanningContext): Promise<OperationPlan> {
  const { view, source, target } = context;
  const plan = { blockers: [], warnings: [], expectedDataLossSeconds: null, recoveryPoint: null };
  if (!(await mayHaveStorage(context))) return { ...plan, steps: [] };
  const own = new Set(view.members.map((member) => serverAt(view, member, target.siteId)));
  const servers = await target.reads.servers();
  const steps = planForgettingSteps({
    siteName: target.siteName,
    arrayGroup: arrayGroupAt(view, target.siteId),
    sentGroup: arrayGroupAt(view, source.siteId),
    cinderGroup: cinderGroupName(view.group.id),
    lockedServers: servers.filter((server) => own.has(server.id) && isProtectorsLock(server)),
  });
  return { ...plan, steps };
}
