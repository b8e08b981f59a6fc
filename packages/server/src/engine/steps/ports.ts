import { ProtectorError } from "@protector/contract";
import type { CreatePort, Port } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link ensurePort}. */
export interface EnsurePortInput {
  readonly request: CreatePort;
  /** Name of the server it is for. */
  readonly serverName: string;
}

/** Makes a port with the addresses and MAC that the server had; ours is found again by network, MAC and description. */
export const ensurePort: StepHandler<
  EnsurePortInput,
  { readonly portId: string; readonly addresses: readonly string[] }
> = {
  run: async (context, input) => {
    const entry = ledgerEntry(context, input);
    const [ours] = await settledAbsence(context, () => findOurPorts(context, input));
    if (ours) {
      await context.ledger.present(entry, ours.id);
      return result(ours);
    }
    await context.ledger.intend(entry);
    try {
      const port = await context.here.admin.network.createPort(input.request);
      await context.ledger.present(entry, port.id);
      return result(port);
    } catch (error) {
      if (error instanceof OutsideError && error.failure.status === 409) throw addressTaken(context, input, error);
      throw error;
    }
  },
  undo: async (context, input) => {
    for (const port of await findOurPorts(context, input)) {
      await ignoreGone(context.here.admin.network.deletePort(port.id));
    }
    await context.ledger.removed(ledgerEntry(context, input));
  },
};

function ledgerEntry(context: StepContext, input: EnsurePortInput) {
  const { networkId, macAddress } = input.request;
  return {
    kind: "port",
    siteId: context.here.siteId,
    projectId: context.here.projectId,
    name: `${networkId} ${macAddress ?? context.stepKey}`,
  } as const;
}

async function findOurPorts(context: StepContext, { request }: EnsurePortInput): Promise<readonly Port[]> {
  const ports = await context.here.admin.network.listPorts({
    networkId: request.networkId,
    ...(request.macAddress === undefined ? {} : { macAddress: request.macAddress }),
  });
  return ports.filter((port) => port.description === request.description);
}

function addressTaken(context: StepContext, input: EnsurePortInput, cause: OutsideError): Error {
  if (/quota/i.test(cause.failure.detail)) return cause;
  const addresses = input.request.fixedIps.map((ip) => ip.address ?? "any").join(", ");
  return new ProtectorError(
    "address.taken",
    `Port of ${input.serverName} with ${addresses} and MAC ${input.request.macAddress ?? "any"} at ${context.here.siteName}: ${cause.failure.detail}`,
    { cause },
  );
}

function result(port: Port) {
  return { portId: port.id, addresses: port.fixedIps.map((ip) => ip.address) };
}
