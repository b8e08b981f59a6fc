import { ProtectorError } from "@protector/contract";
import type { UpdatePort } from "@protector/openstack";
import type { StepHandler } from "../runner/step-handler.ts";
import { requireServer, type ServerInput } from "./servers.ts";

/** Input of {@link rewirePort}. */
export interface RewirePortInput {
  readonly portId: string;
  readonly serverName: string;
  readonly change: UpdatePort;
  /** The same settings as they were: the way back. */
  readonly before: UpdatePort;
}

/** Gives a port that waits at home the addresses, security groups or pairs that its interface has now. */
export const rewirePort: StepHandler<
  RewirePortInput,
  { readonly portId: string; readonly addresses: readonly string[] }
> = {
  run: async ({ here }, { portId, serverName, change }) => {
    const { network } = here.admin;
    if (!(await network.findPort(portId)))
      throw new ProtectorError("address.taken", `Port ${portId} of ${serverName} has gone from ${here.siteName}.`);
    await network.updatePort(portId, change);
    const port = await network.findPort(portId);
    return { portId, addresses: port?.fixedIps.map(({ address }) => address) ?? [] };
  },
  undo: async ({ here }, { portId, before }) => {
    if (await here.admin.network.findPort(portId)) await here.admin.network.updatePort(portId, before);
  },
};

/** Input of {@link plugPort}. */
export interface PlugPortInput extends ServerInput {
  /** Step whose output names the port. */
  readonly portStep: string;
}

/** Plugs a port into a server that runs or is off. */
export const plugPort: StepHandler<PlugPortInput> = {
  run: async (context, input) => {
    const { portId } = context.output<{ portId: string }>(input.portStep);
    const { network, compute } = context.here.admin;
    let isAsked = false;
    await context.until(`port ${portId} to be plugged into ${input.name}`, async () => {
      const port = await network.findPort(portId);
      if (!port)
        throw new ProtectorError(
          "address.taken",
          `Port ${portId} of ${input.name} has gone from ${context.here.siteName}.`,
        );
      if (port.deviceId === input.serverId) return true;
      if (isAsked || (await requireServer(context, input)).taskState !== null) return undefined;
      await compute.attachPort(input.serverId, portId);
      isAsked = true;
      return undefined;
    });
  },
};

/** Input of {@link unplugPort}. */
export interface UnplugPortInput extends ServerInput {
  readonly portId: string;
}

/** Unplugs a port from a server that runs or is off; it stays unless Nova has made it. */
export const unplugPort: StepHandler<UnplugPortInput> = {
  run: async (context, input) => {
    const { network, compute } = context.here.admin;
    let isAsked = false;
    await context.until(`port ${input.portId} to be unplugged from ${input.name}`, async () => {
      const port = await network.findPort(input.portId);
      if (port?.deviceId !== input.serverId) return true;
      if (isAsked || (await requireServer(context, input)).taskState !== null) return undefined;
      await compute.detachPort(input.serverId, input.portId);
      isAsked = true;
      return undefined;
    });
  },
};
