import { ProtectorError } from "@protector/contract";
import type { CreateServer, Server } from "@protector/openstack";
import { roundOf } from "../runner/forward-run.ts";
import { settledAbsence } from "../runner/settled-absence.ts";
import { RedoSteps, type StepContext, type StepHandler } from "../runner/step-handler.ts";
import { ignoreGone, isStopped } from "./servers.ts";

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
