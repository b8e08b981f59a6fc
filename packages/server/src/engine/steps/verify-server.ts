import { ProtectorError } from "@protector/contract";
import type { StepHandler } from "../runner/step-handler.ts";
import type { ResizedServer } from "./resize-server.ts";

/** Input of {@link verifyServer}. */
export interface VerifyServerInput {
  readonly name: string;
  readonly serverStep: string;
  readonly shouldRun: boolean;
  readonly portSteps: readonly string[];
  /** Ports that the server has kept. */
  readonly portIds?: readonly string[];
  readonly volumeSteps: readonly string[];
  /** Step that stopped the source server, for the downtime. */
  readonly stopStep: string;
}

/** A recovered server, as it was read back. */
export interface VerifiedServer {
  readonly serverId: string;
  readonly addresses: readonly string[];
  /** Every volume in boot order. */
  readonly volumes: readonly { readonly volumeId: string; readonly arrayVolume: string; readonly sizeGib: number }[];
  readonly downtimeSeconds: number | null;
}

/** Reads a recovered server back: state, addresses, volumes in order. */
export const verifyServer: StepHandler<VerifyServerInput, VerifiedServer> = {
  run: async (context, input) => {
    const { serverId } = context.output<{ serverId: string }>(input.serverStep);
    const volumes = input.volumeSteps.map((step) => context.output<VerifiedServer["volumes"][number]>(step));
    const server = await context.here.reads.server(serverId);
    const wanted = input.shouldRun ? "ACTIVE" : "SHUTOFF";
    const wrong: string[] = [];
    if (server?.status !== wanted) wrong.push(`it is ${server?.status ?? "gone"} instead of ${wanted}`);
    for (const { volumeId } of volumes) {
      if (!server?.volumeIds.includes(volumeId)) wrong.push(`volume ${volumeId} is not attached`);
    }
    const ports = await context.here.admin.network.listPorts({ deviceId: serverId });
    const made = input.portSteps.map((step) => context.output<{ portId: string }>(step).portId);
    for (const portId of [...(input.portIds ?? []), ...made]) {
      if (!ports.some((port) => port.id === portId)) wrong.push(`port ${portId} is not plugged`);
    }
    if (wrong.length > 0)
      throw new ProtectorError("cloud.server_error", `Server ${input.name} (${serverId}): ${wrong.join("; ")}.`);
    // A resize that was left out has an output that says so alone.
    const activeAt =
      context.outputIfAny<Partial<ResizedServer>>(`resize.${context.memberId}`)?.activeAt ??
      context.output<{ activeAt: number }>(`active.${context.memberId}`).activeAt;
    const stopped = context.outputIfAny<{ stoppedAt: number }>(input.stopStep);
    return {
      serverId,
      addresses: ports.flatMap((port) => port.fixedIps.map((ip) => ip.address)),
      volumes,
      downtimeSeconds:
        stopped && input.shouldRun ? Math.max(0, Math.round((activeAt - stopped.stoppedAt) / 1000)) : null,
    };
  },
};
