import { ProtectorError } from "@protector/contract";
import type { Server } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { podOf, type VolumeConnection } from "@protector/storage";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { REQUEST_TIME_LIMIT_MS } from "../runner/undo-run.ts";
import type { SiteAccess } from "../world/site-access.ts";
import { type Patience, Silence, within } from "../world/within.ts";
import { liftFence } from "./lift-fence.ts";
import { ANSWER_WITHIN_MS, type SourceLook } from "./look-at-source.ts";
import { isProtectorsLock, isStopped, lockReason } from "./servers.ts";

/** A server that must not run any more. */
export interface ServerToFence {
  readonly serverId: string;
  readonly name: string;
  /** Its volumes on the source's array. */
  readonly arrayVolumes: readonly string[];
  /** As captured; what the step `lookStep` saw is younger. */
  readonly wasRunning: boolean;
  readonly wasLocked: boolean;
  readonly lockedReason: string | null;
}

/** Input of {@link fenceSource}. */
export interface FenceSourceInput {
  readonly servers: readonly ServerToFence[];
  /** Step that looked at the servers before. */
  readonly lookStep: string;
}

/** Input of {@link stopSource}. */
export interface StopSourceInput {
  readonly servers: readonly ServerToFence[];
  /** Step that fenced. */
  readonly fenceStep: string;
}

/** By which means a server was kept from writing. */
export type FenceMeans = "stopped" | "disconnected";

/** What {@link fenceSource} did. */
export interface FencedSource {
  /** By server id. */
  readonly means: Readonly<Record<string, FenceMeans>>;
  /** Connections that were ended on the array, as far as this try ended them. */
  readonly disconnected: readonly VolumeConnection[];
  /** When the last server was fenced, ms since the UNIX epoch. */
  readonly fencedAt: number;
  /** A call that was no longer waited for may still take effect until then; 0 when there is none. */
  readonly lateUntil: number;
}

/** Longest time that a fence takes, ms: the array has what Nova leaves of it. */
const FENCE_WITHIN_MS = 60_000;
/** ms that Nova is given to stop servers. */
const NOVA_WITHIN_MS = 40_000;
const POLL_MS = 1_000;
/** ms after which a server that has not stopped is told again. */
const REPEAT_MS = 10_000;

/** What is done so far; written by work that may be given up at any moment. */
interface FenceState {
  readonly means: Map<string, FenceMeans>;
  readonly disconnected: VolumeConnection[];
  /** Why servers are not fenced, by what was said. */
  readonly reasons: Set<string>;
  lateUntil: number;
}

/**
 * Keeps the servers of the site that is left from writing, best means first: locked and stopped through Nova, seen SHUTOFF;
 * where Nova does not do that in time, cut off from their volumes by the array, seen without connections.
 * @throws ProtectorError `fence.failed` naming what runs on, perhaps.
 */
export const fenceSource: StepHandler<FenceSourceInput, FencedSource> = {
  run: async (context, { servers, lookStep }) => {
    const state = newState();
    const until = context.clock.now() + FENCE_WITHIN_MS;
    const tries = context.outputIfAny<SourceLook>(lookStep)?.isSilent ? 1 : FIRST_TRIES;
    await stopThroughNova(context, servers, { state, tries });
    const running = servers.filter(({ serverId }) => !state.means.has(serverId));
    if (running.length > 0) {
      const patience = { ms: until - context.clock.now(), who: `The array at ${context.here.siteName}` };
      await attempt(context, { state, patience }, (signal) => cutOffServers(context, running, { state, signal }));
    }
    requireFenced(context, servers, state, "could not be stopped nor cut off from their volumes");
    return {
      means: Object.fromEntries(state.means),
      disconnected: state.disconnected,
      fencedAt: context.clock.now(),
      lateUntil: state.lateUntil,
    };
  },
  undo: async (context, input, output) => {
    await lateCallsAreIn(context, output);
    await liftFence(context, input);
  },
};

/**
 * Locks and stops through Nova what was only cut off from its volumes. A fence that is owed does that itself.
 * @throws ProtectorError `fence.failed` naming what Nova has not stopped.
 */
export const stopSource: StepHandler<StopSourceInput> = {
  run: async (context, { servers, fenceStep }) => {
    const fenced = context.outputIfAny<Partial<FencedSource>>(fenceStep)?.means ?? {};
    const cutOff = servers.filter(({ serverId }) => fenced[serverId] === "disconnected");
    if (cutOff.length === 0) return;
    const state = newState();
    await stopThroughNova(context, cutOff, { state, tries: 1 });
    requireFenced(context, cutOff, state, "are cut off from their volumes, but could not be stopped");
  },
};

function newState(): FenceState {
  return { means: new Map(), disconnected: [], reasons: new Set(), lateUntil: 0 };
}

function stopThroughNova(
  context: StepContext,
  servers: readonly ServerToFence[],
  { state, tries }: { readonly state: FenceState; readonly tries: number },
): Promise<void> {
  const patience = { ms: NOVA_WITHIN_MS, who: `Nova of ${context.here.siteName}` };
  return attempt(context, { state, patience }, (signal) => stopServers(context, servers, { state, signal, tries }));
}

/** Tries one means for so long; what did not answer is written down, other errors are thrown. */
async function attempt(
  context: StepContext,
  { state, patience }: { readonly state: FenceState; readonly patience: Patience },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await within(context, patience, work);
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (!(error instanceof Silence || error instanceof OutsideError)) throw error;
    state.lateUntil = context.clock.now() + REQUEST_TIME_LIMIT_MS;
    state.reasons.add(`${error.message.replace(/\.$/, "")}.`);
  }
}

interface FenceWork {
  readonly state: FenceState;
  readonly signal: AbortSignal;
}

async function stopServers(
  context: StepContext,
  servers: readonly ServerToFence[],
  work: FenceWork & { readonly tries: number },
): Promise<void> {
  // A site that says nothing at all is not given the time that servers need to stop.
  const patience = { ms: ANSWER_WITHIN_MS, who: `Nova of ${context.here.siteName}` };
  await within({ ...context, signal: work.signal }, patience, (signal) =>
    firstAnswer(context, { signal, tries: work.tries }),
  );
  await Promise.all(servers.map((server) => stopServer(context, server, work)));
}

/** Tries of the first look at a site that has answered before: one call that fails does not make the array the best means. */
const FIRST_TRIES = 3;

async function firstAnswer(
  { here, clock }: StepContext,
  { signal, tries }: { readonly signal: AbortSignal; readonly tries: number },
): Promise<void> {
  for (let round = 1; ; round += 1) {
    try {
      await here.reads.servers();
      return;
    } catch (error) {
      if (round >= tries || !(error instanceof OutsideError)) throw error;
      await clock.sleep(POLL_MS, signal);
    }
  }
}

/** Until it is seen at rest under Protector's lock, or Nova refuses for good. */
async function stopServer(context: StepContext, server: ServerToFence, { state, signal }: FenceWork): Promise<void> {
  const { serverId, name } = server;
  let toldAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal.throwIfAborted();
    try {
      const now = await context.here.reads.server(serverId);
      signal.throwIfAborted();
      if (!now || (isStopped(now) && isProtectorsLock(now))) {
        state.means.set(serverId, "stopped");
        return;
      }
      if (context.clock.now() - toldAt >= REPEAT_MS) {
        toldAt = context.clock.now();
        await lockAndStop(context, now);
      }
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      state.reasons.add(`${name}: ${error.message.replace(/\.$/, "")}.`);
      if (error.failure.failureClass === "final" || error.failure.failureClass === "needs_operator") return;
    }
    await context.clock.sleep(POLL_MS, signal);
  }
}

async function lockAndStop(context: StepContext, server: Server): Promise<void> {
  const { compute } = context.here.admin;
  if (!isProtectorsLock(server)) await compute.lockServer(server.id, lockReason(context.operation.id));
  if (!isStopped(server) && server.taskState === null) await compute.stopServer(server.id);
}

async function cutOffServers(
  context: StepContext,
  servers: readonly ServerToFence[],
  { state, signal }: FenceWork,
): Promise<void> {
  const { array, siteName } = context.here;
  if (!array.holdsData) {
    state.reasons.add(`The array at ${siteName} is a mock: it cannot cut servers off from their volumes.`);
    return;
  }
  const volumes = servers.flatMap(({ arrayVolumes }) => arrayVolumes);
  // Hosts may reach what is in a pod through either array.
  const atBoth = volumes.filter((volume) => podOf(volume) !== undefined);
  const there = atBoth.length > 0 ? await cutOffAt(context, context.target, atBoth, { state, signal }) : undefined;
  const ended = await cutOffAt(context, context.here, volumes, { state, signal });
  // A volume that is not there under its name is no proof: its server may have it from somewhere else.
  const seen = new Map((await array.findVolumes(volumes)).map((volume) => [volume.name.toLowerCase(), volume]));
  const reached = new Set(
    there && (await context.target.array.connectionsOf(atBoth)).map(({ volume }) => volume.toLowerCase()),
  );
  for (const { serverId, name, arrayVolumes } of servers) {
    const unknown = arrayVolumes.filter((volume) => !seen.has(volume.toLowerCase()));
    if (unknown.length > 0) state.reasons.add(`${name}: not on the array at ${siteName}: ${unknown.join(", ")}.`);
    const isCutOff = arrayVolumes.every(
      (volume) => seen.get(volume.toLowerCase())?.connectionCount === 0 && !reached.has(volume.toLowerCase()),
    );
    if (isCutOff && arrayVolumes.length > 0) state.means.set(serverId, "disconnected");
  }
  const refusal = [...ended, ...(there ?? [])].find((each) => each.status === "rejected");
  if (refusal && servers.some(({ serverId }) => !state.means.has(serverId))) throw refusal.reason;
}

/** Ends every connection of some volumes on one array. */
async function cutOffAt(
  context: StepContext,
  { array, siteName }: SiteAccess,
  volumes: readonly string[],
  { state, signal }: FenceWork,
): Promise<readonly PromiseSettledResult<void>[]> {
  const patience = { ms: ANSWER_WITHIN_MS, who: `The array at ${siteName}` };
  const connections = await within({ ...context, signal }, patience, () => array.connectionsOf(volumes));
  const ended = await Promise.allSettled(
    connections.map(async (connection) => {
      signal.throwIfAborted();
      await array.disconnect(connection);
      state.disconnected.push(connection);
    }),
  );
  signal.throwIfAborted();
  return ended;
}

/** @throws ProtectorError `fence.failed` naming the servers for which no means has worked. */
function requireFenced(
  { here }: StepContext,
  servers: readonly ServerToFence[],
  { means, reasons }: FenceState,
  what: string,
): void {
  const names = servers.filter(({ serverId }) => !means.has(serverId)).map(({ name }) => name);
  if (names.length === 0) return;
  const detail = `Servers at ${here.siteName} ${what}: ${names.join(", ")}. ${[...reasons].join(" ")}`;
  throw new ProtectorError("fence.failed", detail.trimEnd());
}

/** Lets calls that were no longer waited for arrive before what they do is taken back. */
async function lateCallsAreIn(context: StepContext, output: FencedSource | undefined): Promise<void> {
  const { clock, signal, unknownForMs } = context;
  // The runner has waited for one time limit since the fence began; its last call left up to its whole time later.
  const restMs =
    unknownForMs === undefined
      ? (output?.lateUntil ?? 0) - clock.now()
      : FENCE_WITHIN_MS - Math.max(0, unknownForMs - REQUEST_TIME_LIMIT_MS);
  if (restMs > 0) await clock.sleep(restMs, signal);
}
