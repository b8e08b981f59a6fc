import { ProtectorError } from "@protector/contract";
import type { Server } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";

/** With this beginning a lock is known as Protector's: an operation that brings the server back removes it. */
export const LOCK_PREFIX = "Protector operation ";

/** Reason that stands on servers locked by an operation. */
export function lockReason(operationId: string): string {
  return `${LOCK_PREFIX}${operationId}`;
}

/** Whether a server is locked by an operation of Protector, this one or another. */
export function isProtectorsLock({ isLocked, lockedReason }: Pick<Server, "isLocked" | "lockedReason">): boolean {
  return isLocked && lockedReason?.startsWith(LOCK_PREFIX) === true;
}

/** Input of steps on a server that exists. */
export interface ServerInput {
  readonly serverId: string;
  readonly name: string;
}

/** A source server as it was before the operation touched it. */
export interface ServerBefore {
  readonly wasRunning: boolean;
  readonly wasLocked: boolean;
  readonly lockedReason: string | null;
}

/** Looks at a source server before anything is done to it, so that it can be put back as it was. */
export const observeServer: StepHandler<ServerInput, ServerBefore> = {
  run: async (context, input) => {
    const server = await requireServer(context, input);
    const isOurs = server.lockedReason === lockReason(context.operation.id);
    return {
      wasRunning: server.status === "ACTIVE",
      wasLocked: server.isLocked && !isOurs,
      lockedReason: isOurs ? null : server.lockedReason,
    };
  },
};

/** Input of {@link lockServer} and {@link stopServer}. */
export interface QuiesceInput extends ServerInput {
  /** Step whose output is the server's {@link ServerBefore}. */
  readonly beforeStep: string;
  readonly round?: number;
}

/** Locks a server with an administrator's lock, which its tenant cannot undo. */
export const lockServer: StepHandler<QuiesceInput> = {
  run: async (context, input) => {
    const server = await requireServer(context, input);
    const reason = lockReason(context.operation.id);
    if (!server.isLocked || server.lockedReason !== reason)
      await context.here.admin.compute.lockServer(input.serverId, reason);
  },
  undo: async (context, input) => {
    const server = await context.here.admin.compute.findServer(input.serverId);
    if (server?.lockedReason !== lockReason(context.operation.id)) return;
    await context.here.admin.compute.unlockServer(input.serverId);
    const before = context.outputIfAny<ServerBefore>(input.beforeStep);
    if (before?.wasLocked) await context.here.admin.compute.lockServer(input.serverId, before.lockedReason ?? "");
  },
};

/** Stops a server and sees it SHUTOFF. Undoing starts it again when it ran before. */
export const stopServer: StepHandler<QuiesceInput, { readonly stoppedAt: number }> = {
  run: async (context, input) => {
    await stopAndSee(context, input);
    return { stoppedAt: context.clock.now() };
  },
  undo: async (context, input) => {
    const before = context.outputIfAny<ServerBefore>(input.beforeStep);
    if (before?.wasRunning !== false) await startAndSee(context, input);
  },
};

/** Shelves a server that was left behind: its connections to the volumes end, its identity stays. */
export const parkServer: StepHandler<ServerInput> = {
  run: async (context, input) => {
    const server = await context.here.admin.compute.findServer(input.serverId);
    if (!server || isShelved(server)) return;
    if (!server.taskState?.startsWith("shelving")) await context.here.admin.compute.shelveServer(input.serverId);
    await context.until(`${input.name} to be shelved`, async () => {
      const now = await context.here.reads.server(input.serverId);
      return !now || isShelved(now) ? true : undefined;
    });
  },
};

/** Input of {@link bringBack}. */
export interface BringBackInput extends ServerInput {
  readonly shouldRun: boolean;
  readonly wasLocked: boolean;
  readonly lockedReason: string | null;
  /** Its volumes on the array of its site: a server that was cut off from one is shelved first. */
  readonly arrayVolumes: readonly string[];
}

/**
 * Makes a server that an operation stopped, parked or cut off from its volumes run again where it was, under its old lock.
 * Only shelving and unshelving makes ended connections anew: a start would look for them in vain.
 */
export const bringBack: StepHandler<BringBackInput, { readonly status: string }> = {
  run: async (context, input) => {
    const server = await requireServer(context, input);
    const admin = context.here.admin.compute;
    const isParked = isShelved(server) || (await isCutOff(context, input));
    if (isParked) {
      if (!isShelved(server)) await parkServer.run(context, input);
      await admin.unshelveServer(input.serverId);
      await context.until(`${input.name} to be unshelved`, async () =>
        isShelved(await requireServer(context, input)) ? undefined : true,
      );
    }
    if (input.shouldRun) await startAndSee(context, input);
    else if (isParked) await stopAndSee(context, input);
    const now = await requireServer(context, input);
    if (isProtectorsLock(now)) {
      await admin.unlockServer(input.serverId);
      if (input.wasLocked) {
        const { here } = context;
        // An owner's lock can be made at this engine's own site only; elsewhere it is an administrator's.
        const { compute } = here.isOwn ? await here.tenant() : here.admin;
        await compute.lockServer(input.serverId, input.lockedReason ?? "");
      }
    }
    return { status: (await requireServer(context, input)).status };
  },
};

async function isCutOff({ here: { array } }: StepContext, { arrayVolumes }: BringBackInput): Promise<boolean> {
  if (!array.holdsData || arrayVolumes.length === 0) return false;
  return (await array.findVolumes(arrayVolumes)).some(({ connectionCount }) => connectionCount === 0);
}

/** @throws ProtectorError `member.server_not_found` */
export async function requireServer(context: StepContext, input: ServerInput): Promise<Server> {
  const server = await context.here.reads.server(input.serverId);
  if (!server) {
    throw new ProtectorError(
      "member.server_not_found",
      `Server ${input.name} (${input.serverId}) is gone from ${context.here.siteName}.`,
    );
  }
  return server;
}

async function stopAndSee(context: StepContext, input: ServerInput): Promise<void> {
  const server = await requireServer(context, input);
  if (!isStopped(server) && server.taskState !== "powering-off")
    await context.here.admin.compute.stopServer(input.serverId);
  await context.until(`${input.name} to be SHUTOFF`, async () =>
    isStopped(await requireServer(context, input)) ? true : undefined,
  );
}

async function startAndSee(context: StepContext, input: ServerInput): Promise<void> {
  const server = await requireServer(context, input);
  if (server.status !== "ACTIVE" && server.taskState !== "powering-on")
    await context.here.admin.compute.startServer(input.serverId);
  await context.until(`${input.name} to be ACTIVE`, async () =>
    (await requireServer(context, input)).status === "ACTIVE" ? true : undefined,
  );
}

/** Whether nothing of a server runs: off, or shelved. */
export function isStopped(server: Server): boolean {
  return server.status === "SHUTOFF" || isShelved(server);
}

/** Whether a server is on no host and connected to nothing. */
export function isShelved(server: Server): boolean {
  return server.status === "SHELVED" || server.status === "SHELVED_OFFLOADED";
}

/** Deleting what is gone already is done. */
export async function ignoreGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof OutsideError && error.failure.status === 404)) throw error;
  }
}
