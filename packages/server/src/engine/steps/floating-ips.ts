import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link ensureFloatingIp}. */
export interface EnsureFloatingIpInput {
  readonly networkId: string;
  readonly portStep: string;
  /** How ours is found again. */
  readonly description: string;
}

/** Gives a recovered port a floating IP of the mapped pool. */
export const ensureFloatingIp: StepHandler<EnsureFloatingIpInput, { readonly address: string }> = {
  run: async (context, input) => {
    const { portId } = context.output<{ portId: string }>(input.portStep);
    const entry = ledgerEntry(context, input);
    const [ours] = await settledAbsence(context, () => described(context, input.description));
    if (!ours) await context.ledger.intend(entry);
    const { network } = context.here.admin;
    const floatingIp =
      ours ??
      (await network.createFloatingIp({
        networkId: input.networkId,
        projectId: context.here.projectId,
        portId,
        description: input.description,
      }));
    if (floatingIp.portId !== portId) await network.associateFloatingIp(floatingIp.id, portId);
    await context.ledger.present(entry, floatingIp.id);
    return { address: floatingIp.address };
  },
  undo: async (context, input) => {
    for (const floatingIp of await described(context, input.description)) {
      await ignoreGone(context.here.admin.network.deleteFloatingIp(floatingIp.id));
    }
    await context.ledger.removed(ledgerEntry(context, input));
  },
};

async function described(context: StepContext, description: string) {
  const all = await context.here.admin.network.listFloatingIps({ projectId: context.here.projectId });
  return all.filter((floatingIp) => floatingIp.description === description);
}

function ledgerEntry(context: StepContext, input: EnsureFloatingIpInput) {
  return {
    kind: "floating_ip",
    siteId: context.here.siteId,
    projectId: context.here.projectId,
    name: input.description,
  } as const;
}
