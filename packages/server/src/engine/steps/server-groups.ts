import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link ensureServerGroup}. */
export interface EnsureServerGroupInput {
  readonly name: string;
  readonly policy: string;
}

/** Makes the server group that members shared, once; found again by its name. */
export const ensureServerGroup: StepHandler<EnsureServerGroupInput, { readonly serverGroupId: string }> = {
  run: async (context, input) => {
    const entry = ledgerEntry(context, input);
    const [ours] = await settledAbsence(context, () => named(context, input.name));
    if (!ours) await context.ledger.intend(entry);
    const group = ours ?? (await (await context.here.tenant()).compute.createServerGroup(input.name, input.policy));
    await context.ledger.present(entry, group.id);
    return { serverGroupId: group.id };
  },
  undo: async (context, input) => {
    const tenant = await context.here.tenant();
    for (const group of await named(context, input.name)) {
      if (group.memberIds.length === 0) await ignoreGone(tenant.compute.deleteServerGroup(group.id));
    }
    await context.ledger.removed(ledgerEntry(context, input));
  },
};

async function named(context: StepContext, name: string) {
  const groups = await (await context.here.tenant()).compute.listServerGroups();
  return groups.filter((group) => group.name === name);
}

function ledgerEntry(context: StepContext, input: EnsureServerGroupInput) {
  return {
    kind: "server_group",
    siteId: context.here.siteId,
    projectId: context.here.projectId,
    name: input.name,
  } as const;
}
