import { ProtectorError } from "@protector/contract";
import type { CreateServer, Server } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { roundOf } from "../runner/forward-run.ts";
import { settledAbsence } from "../runner/settled-absence.ts";
import { RedoSteps, type StepContext, type StepHandler } from "../runner/step-handler.ts";

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

/** Input of {@link createServer}. */
export interface CreateServerInput {
  readonly name: string;
  /** How ours is found again. */
  readonly tag: string;
  /** Everything but ports, volumes, server group and key, which earlier steps give. */
  readonly request: Omit<CreateServer, "networks" | "volumes" | "tags" | "serverGroupId" | "keyName"> & {
    readonly tags: readonly string[];
  };
  readonly ports: readonly { readonly step: string }[];
  readonly volumes: readonly {
    readonly step: string;
    readonly tag: string | null;
    readonly deleteOnTermination: boolean;
  }[];
  readonly serverGroupStep: string | null;
  /** A server group that was there before. */
  readonly serverGroupId: string | null;
  readonly keyPairStep: string | null;
  readonly delaySeconds: number;
}

/** Creates a server from recovered volumes and ports, once: ours is found again by its tag. */
export const createServer: StepHandler<CreateServerInput, { readonly serverId: string }> = {
  run: async (context, input) => {
    const entry = {
      kind: "server",
      siteId: context.here.siteId,
      projectId: context.here.projectId,
      name: input.tag,
    } as const;
    const ours = await findOurServer(context, input);
    if (ours) {
      await context.ledger.present(entry, ours.id);
      return { serverId: ours.id };
    }
    if (input.delaySeconds > 0 && context.attempt === 1)
      await context.clock.sleep(input.delaySeconds * 1000, context.signal);
    await context.ledger.intend(entry);
    const tenant = await context.here.tenant();
    const keyPair = input.keyPairStep ? context.outputIfAny<{ name: string | null }>(input.keyPairStep) : undefined;
    const made = input.serverGroupStep
      ? context.outputIfAny<{ serverGroupId: string }>(input.serverGroupStep)
      : undefined;
    const serverGroupId = input.serverGroupId ?? made?.serverGroupId;
    const created = await tenant.compute.createServer({
      ...input.request,
      tags: [...input.request.tags, input.tag],
      networks: input.ports.map(({ step }) => ({ portId: context.output<{ portId: string }>(step).portId })),
      volumes: input.volumes.map(({ step, tag, deleteOnTermination }, bootIndex) => ({
        volumeId: context.output<{ volumeId: string }>(step).volumeId,
        bootIndex: bootIndex === 0 ? 0 : -1,
        deleteOnTermination,
        ...(tag === null ? {} : { tag }),
      })),
      ...(keyPair?.name ? { keyName: keyPair.name } : {}),
      ...(serverGroupId === undefined ? {} : { serverGroupId }),
    });
    await context.ledger.present(entry, created.id);
    return { serverId: created.id };
  },
  undo: async (context, input) => {
    const entry = {
      kind: "server",
      siteId: context.here.siteId,
      projectId: context.here.projectId,
      name: input.tag,
    } as const;
    for (const server of await serversWithTag(context, input.tag)) {
      await ignoreGone(context.here.admin.compute.deleteServer(server.id));
    }
    await context.until(`${input.name} to be deleted at ${context.here.siteName}`, async () =>
      (await serversWithTag(context, input.tag)).length === 0 ? true : undefined,
    );
    await context.ledger.removed(entry);
  },
};

/** Input of {@link awaitActive} and the steps after it. */
export interface CreatedServerInput {
  readonly name: string;
  readonly serverStep: string;
}

/**
 * How often a server that fails while Nova builds it is built, until a person asks again: a service that was away for a
 * moment, or a token that ended, is no reason to leave a member behind.
 */
const MOST_BUILDS = 3;

/** Waits until a created server is ACTIVE. One that fails in building is built again. */
export const awaitActive: StepHandler<
  CreatedServerInput,
  { readonly activeAt: number; readonly launchedAt: string | null }
> = {
  run: async (context, input) => {
    const { serverId } = context.output<{ serverId: string }>(input.serverStep);
    const server = await context.until(`${input.name} to be ACTIVE`, async () => {
      const now = await context.here.reads.server(serverId);
      if (now?.status === "ERROR") throw buildFailure(context, input, now);
      return now?.status === "ACTIVE" ? now : undefined;
    });
    return { activeAt: context.clock.now(), launchedAt: server.launchedAt };
  },
};

/** Turns off a server that was off before it was recovered. */
export const powerOff: StepHandler<CreatedServerInput> = {
  run: async (context, input) => {
    const { serverId } = context.output<{ serverId: string }>(input.serverStep);
    const tenant = await context.here.tenant();
    const server = await context.here.reads.server(serverId);
    if (server && !isStopped(server) && server.taskState !== "powering-off") await tenant.compute.stopServer(serverId);
    await context.until(`${input.name} to be SHUTOFF`, async () => {
      const now = await context.here.reads.server(serverId);
      return now && isStopped(now) ? now : undefined;
    });
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

/**
 * Ours, when it exists. Of two (a late call of an engine that was paused), the one that is not in ERROR holds the ports and
 * volumes: it is adopted, the other deleted.
 */
async function findOurServer(context: StepContext, input: CreateServerInput): Promise<Server | undefined> {
  const found = await settledAbsence(context, () => serversWithTag(context, input.tag));
  const [adopted, ...others] = [...found].sort((a, b) => Number(a.status === "ERROR") - Number(b.status === "ERROR"));
  for (const other of others) await ignoreGone(context.here.admin.compute.deleteServer(other.id));
  if (adopted?.status !== "ERROR") return adopted;
  // Its deletion would take the recovered volumes along, or what it has written.
  if (hasRun(adopted) || input.volumes.some((volume) => volume.deleteOnTermination))
    throw serverError(input.name, adopted);
  await ignoreGone(context.here.admin.compute.deleteServer(adopted.id));
  await context.until(`${input.name}, which could not be built, to be deleted`, async () =>
    (await serversWithTag(context, input.tag)).length === 0 ? true : undefined,
  );
  return undefined;
}

/** Building it again, unless it has run, or has been built as often as is sensible. */
function buildFailure(context: StepContext, input: CreatedServerInput, server: Server): Error {
  const failure = serverError(input.name, server);
  const round = roundOf(input);
  const builds = failure.code === "capacity.unavailable" ? 1 : MOST_BUILDS;
  // Rounds and attempts grow together; every time a person asks again there is one more attempt than rounds.
  const isSpent = round + 1 >= builds * (context.attempt - round);
  return hasRun(server) || isSpent
    ? failure
    : new RedoSteps([input.serverStep], `${failure.message}: building it again`);
}

function hasRun(server: Server): boolean {
  return server.launchedAt !== null;
}

async function serversWithTag(context: StepContext, tag: string): Promise<readonly Server[]> {
  return (await context.here.reads.servers()).filter((server) => server.tags.includes(tag));
}

function serverError(name: string, server: Server): ProtectorError {
  const fault = server.fault ?? "no fault is recorded";
  const code = /no valid host|capacity|allocation/i.test(fault) ? "capacity.unavailable" : "cloud.server_error";
  return new ProtectorError(code, `Server ${name} (${server.id}) went to ERROR: ${fault}`);
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
