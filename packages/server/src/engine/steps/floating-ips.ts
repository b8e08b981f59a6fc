import { ProtectorError } from "@protector/contract";
import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link ensureFloatingIp}. */
export interface EnsureFloatingIpInput {
  readonly networkId: string;
  /** One that the project may have already; null = any of the pool. */
  readonly address: string | null;
  readonly portStep: string;
  /** How ours is found again. */
  readonly description: string;
}

/** What an {@link ensureFloatingIp} has done. */
interface GivenFloatingIp {
  readonly address: string;
  /** It was the project's before: undoing takes it off its port and lets it be. */
  readonly isAdopted?: true;
}

/** Gives a recovered port a floating IP of the mapped pool, or the one of the project that has the wanted address. */
export const ensureFloatingIp: StepHandler<EnsureFloatingIpInput, GivenFloatingIp> = {
  run: async (context, input) => {
    const { portId } = context.output<{ portId: string }>(input.portStep);
    const adopted = await adopt(context, input, portId);
    if (adopted) return adopted;
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
        ...(input.address === null ? {} : { address: input.address }),
      }));
    if (floatingIp.portId !== portId) await network.associateFloatingIp(floatingIp.id, portId);
    await context.ledger.present(entry, floatingIp.id);
    return { address: floatingIp.address };
  },
  undo: async (context, input) => {
    const { network } = context.here.admin;
    const port = context.outputIfAny<{ portId: string }>(input.portStep);
    const held = input.address === null ? undefined : await ofAddress(context, input.address);
    if (held && held.description !== input.description && held.portId === port?.portId)
      await network.associateFloatingIp(held.id, null);
    for (const floatingIp of await described(context, input.description)) {
      await ignoreGone(network.deleteFloatingIp(floatingIp.id));
    }
    await context.ledger.removed(ledgerEntry(context, input));
  },
};

/** @throws ProtectorError `address.taken` when another port has it. */
async function adopt(
  context: StepContext,
  { address, description }: EnsureFloatingIpInput,
  portId: string,
): Promise<GivenFloatingIp | undefined> {
  const held = address === null ? undefined : await ofAddress(context, address);
  if (!held || held.description === description) return undefined;
  if (held.portId !== null && held.portId !== portId) {
    const reason = `Floating IP ${address} at ${context.here.siteName} is on port ${held.portId} already.`;
    throw new ProtectorError("address.taken", reason);
  }
  if (held.portId === null) await context.here.admin.network.associateFloatingIp(held.id, portId);
  return { address: held.address, isAdopted: true };
}

async function ofAddress(context: StepContext, address: string) {
  const { admin, projectId } = context.here;
  const [found] = await admin.network.listFloatingIps({ projectId, address });
  return found;
}

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
