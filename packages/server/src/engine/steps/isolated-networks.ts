import { ProtectorError } from "@protector/contract";
import type { Network, Subnet } from "@protector/openstack";
import { settledAbsence } from "../runner/settled-absence.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { type EnsurePortInput, ensurePort } from "./ports.ts";

/** A subnet as it is copied. */
export interface CopiedSubnet {
  /** Subnet that it is a copy of. */
  readonly of: string;
  readonly name: string;
  readonly cidr: string;
  readonly ipVersion: 4 | 6;
  readonly gatewayIp: string | null;
  readonly isDhcpEnabled: boolean;
  readonly allocationPools: readonly { readonly start: string; readonly end: string }[];
}

/** Input of {@link isolateNetwork}. */
export interface IsolateNetworkInput {
  /** How ours is found again; begins with the operation's prefix. */
  readonly name: string;
  readonly description: string;
  readonly mtu: number | null;
  readonly subnets: readonly CopiedSubnet[];
}

/** A network that nothing outside it reaches. */
export interface IsolatedNetwork {
  readonly networkId: string;
  /** Ids of the copies by the ids of what they copy. */
  readonly subnets: Readonly<Record<string, string>>;
}

/**
 * Makes an unrouted copy of a network with the same subnets, so that servers of a test keep their addresses and reach
 * nothing but each other.
 */
export const isolateNetwork: StepHandler<IsolateNetworkInput, IsolatedNetwork> = {
  run: async (context, input) => {
    const network = await ensureNetwork(context, input);
    const subnets: Record<string, string> = {};
    for (const subnet of input.subnets) subnets[subnet.of] = (await ensureSubnet(context, network.id, subnet)).id;
    await requireUnrouted(context, network);
    await context.ledger.present(networkEntry(context, input), network.id);
    return { networkId: network.id, subnets };
  },
  undo: async (context, input) => {
    const { network } = context.here.admin;
    for (const found of await named(context, input.name)) await network.deleteNetwork(found.id);
    await context.until(`network ${input.name} to be deleted`, async () =>
      (await named(context, input.name)).length === 0 ? true : undefined,
    );
    await context.ledger.removed(networkEntry(context, input));
  },
};

/** Input of {@link ensureIsolatedPort}: a port planned for the network that the step's copy is of. */
export interface EnsureIsolatedPortInput extends EnsurePortInput {
  /** Step whose output is the {@link IsolatedNetwork}. */
  readonly networkStep: string;
}

/** Makes a port on an isolated copy of its network, with the addresses and MAC that it would have there. */
export const ensureIsolatedPort: StepHandler<
  EnsureIsolatedPortInput,
  { readonly portId: string; readonly addresses: readonly string[] }
> = {
  run: (context, input) => ensurePort.run(context, onCopy(input, context.output<IsolatedNetwork>(input.networkStep))),
  undo: async (context, input, output) => {
    const copy = context.outputIfAny<IsolatedNetwork>(input.networkStep);
    if (copy) await ensurePort.undo?.(context, onCopy(input, copy), output);
  },
};

function onCopy({ networkStep: _step, ...input }: EnsureIsolatedPortInput, copy: IsolatedNetwork): EnsurePortInput {
  const { request } = input;
  const fixedIps = request.fixedIps.map((ip) => ({ ...ip, subnetId: copy.subnets[ip.subnetId] ?? ip.subnetId }));
  return { ...input, request: { ...request, networkId: copy.networkId, fixedIps } };
}

async function ensureNetwork(context: StepContext, input: IsolateNetworkInput): Promise<Network> {
  const [ours] = await settledAbsence(context, () => named(context, input.name));
  if (ours) return ours;
  await context.ledger.intend(networkEntry(context, input));
  return context.here.admin.network.createNetwork({
    name: input.name,
    description: input.description,
    projectId: context.here.projectId,
    ...(input.mtu === null ? {} : { mtu: input.mtu }),
  });
}

async function ensureSubnet(context: StepContext, networkId: string, subnet: CopiedSubnet): Promise<Subnet> {
  const { network } = context.here.admin;
  const { of, ...copy } = subnet;
  const [ours] = await settledAbsence(context, async () =>
    (await network.listSubnets({ networkId })).filter((each) => each.cidr === subnet.cidr),
  );
  if (ours) return ours;
  const description = `Copy of subnet ${of} for a test`;
  return network.createSubnet({ ...copy, networkId, projectId: context.here.projectId, description });
}

/** Somebody may have plugged a router in since it was made. */
async function requireUnrouted(context: StepContext, network: Network): Promise<void> {
  const ports = await context.here.admin.network.listPorts({ networkId: network.id });
  const routed = ports.find((port) => port.deviceOwner.startsWith("network:router"));
  if (!routed) return;
  const detail = `Network ${network.name} (${network.id}) was made without a router and has one now: ${routed.deviceId}.`;
  throw new ProtectorError("test.network_not_isolated", detail);
}

async function named(context: StepContext, name: string): Promise<readonly Network[]> {
  const found = await context.here.admin.network.listNetworks({ name, projectId: context.here.projectId });
  return found.filter((network) => network.name === name);
}

function networkEntry(context: StepContext, { name }: IsolateNetworkInput) {
  return { kind: "network", siteId: context.here.siteId, projectId: context.here.projectId, name } as const;
}
