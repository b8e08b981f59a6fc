import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { requireServer, type ServerInput } from "./servers.ts";

/** Input of {@link resizeServer}. */
export interface ResizeServerInput extends ServerInput {
  readonly flavorId: string;
  readonly flavorName: string;
}

/** A server that has its new size. */
export interface ResizedServer {
  /** When it was seen to be up, or off, again: ms since the UNIX epoch. */
  readonly activeAt: number;
}

/**
 * Resizes a server that runs or is off, and confirms it; a shelved one Nova refuses. It is in the end what it was.
 * @throws ProtectorError `capacity.unavailable` when no host takes it in the new size: it goes on in the old one.
 */
export const resizeServer: StepHandler<ResizeServerInput, ResizedServer> = {
  run: async (context, input) => {
    const { compute } = context.here.admin;
    const { serverId, name, flavorId, flavorName } = input;
    let isAsked = false;
    return context.until(`${name} to be resized to ${flavorName}`, async () => {
      const server = await requireServer(context, input);
      if (server.status === "VERIFY_RESIZE") return confirm(context, serverId);
      if (server.taskState !== null) return undefined;
      if (server.status !== "ACTIVE" && server.status !== "SHUTOFF")
        throw new ProtectorError(
          "cloud.server_error",
          `Server ${name} (${serverId}) is ${server.status}${server.fault ? `: ${server.fault}` : ""}; it was to be resized to ${flavorName}.`,
        );
      if (server.flavor.originalName === flavorName) return { activeAt: context.clock.now() };
      if (isAsked)
        throw new ProtectorError(
          "capacity.unavailable",
          `No host at ${context.here.siteName} takes ${name} in flavor ${flavorName}: it stays ${server.status} with ${server.flavor.originalName}.`,
        );
      await compute.resizeServer(serverId, flavorId);
      isAsked = true;
      return undefined;
    });
  },
};

async function confirm({ here }: StepContext, serverId: string): Promise<undefined> {
  try {
    await here.admin.compute.confirmResize(serverId);
  } catch (error) {
    // Nova refuses to confirm what it is confirming.
    if (!(error instanceof OutsideError && (error.failure.status === 400 || error.failure.status === 409))) throw error;
  }
}
