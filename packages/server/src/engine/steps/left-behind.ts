import type { StepHandler } from "../runner/step-handler.ts";
import { isStopped } from "./servers.ts";

/** Input of {@link stopLeft}. */
export interface StopLeftInput {
  readonly serverId: string;
  readonly name: string;
}

/** ms in which a guest is to shut down; after that the server is deleted as if its power failed. */
const SHUT_DOWN_WITHIN_MS = 60_000;

/**
 * Stops a server that an older recovery has left, so that all its writes are on its volumes. One that does not stop in time
 * is no reason to wait longer.
 */
export const stopLeft: StepHandler<StopLeftInput> = {
  run: async (context, { serverId, name }) => {
    const { admin, reads } = context.here;
    const until = context.clock.now() + SHUT_DOWN_WITHIN_MS;
    let isAsked = false;
    await context.until(`${name} to be SHUTOFF`, async () => {
      const server = await reads.server(serverId);
      if (!server || isStopped(server) || server.status === "ERROR") return true;
      if (!isAsked && server.taskState === null) {
        await admin.compute.stopServer(serverId);
        isAsked = true;
      }
      return context.clock.now() >= until ? true : undefined;
    });
  },
};

/** Input of {@link emptyArrayGroup}. */
export interface EmptyArrayGroupInput {
  readonly arrayGroup: string;
  /** Array names of volumes that stay its members. */
  readonly volumes: readonly string[];
}

/** Takes volumes that are about to go out of the array group that sent them to the other site; its points stay. */
export const emptyArrayGroup: StepHandler<EmptyArrayGroupInput> = {
  run: async ({ here: { array } }, { arrayGroup, volumes }) => {
    if (await array.findGroup(arrayGroup)) await array.setMembers(arrayGroup, volumes);
  },
};
