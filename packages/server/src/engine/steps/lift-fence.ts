import type { StepContext } from "../runner/step-handler.ts";
import { within } from "../world/within.ts";
import type { FenceSourceInput, ServerToFence } from "./fence-source.ts";
import { ANSWER_WITHIN_MS, type SourceLook, type SourceServer } from "./look-at-source.ts";
import { bringBack, isProtectorsLock, isStopped } from "./servers.ts";

/**
 * Puts fenced servers back as they were: those that lost their connections by shelving and unshelving, which makes them
 * anew; those that ran are started; their old lock is set.
 * @throws Silence when the site does not answer at all.
 */
export async function liftFence(context: StepContext, { servers, lookStep }: FenceSourceInput): Promise<void> {
  const { reads, siteName } = context.here;
  await within(context, { ms: ANSWER_WITHIN_MS, who: `Nova of ${siteName}` }, () => reads.servers());
  const look = context.outputIfAny<SourceLook>(lookStep);
  await Promise.all(servers.map((server) => putBack(context, server, look?.servers[server.serverId])));
}

async function putBack(context: StepContext, server: ServerToFence, before: SourceServer | undefined): Promise<void> {
  const { serverId, name, arrayVolumes } = server;
  const now = await context.here.reads.server(serverId);
  if (!now) return;
  // What nobody could see before is as it was captured; a server that runs unlocked was never touched, or is back.
  const wasRunning = before ? before.status === "ACTIVE" : server.wasRunning;
  const wasLocked = before?.wasLocked ?? server.wasLocked;
  const lockedReason = before ? before.lockedReason : server.lockedReason;
  const wasShelved = before?.status.startsWith("SHELVED") ?? false;
  if (wasShelved || (!wasRunning && isStopped(now))) return unlock(context, { serverId, wasLocked, lockedReason });
  await bringBack.run(context, { serverId, name, arrayVolumes, shouldRun: wasRunning, wasLocked, lockedReason });
}

async function unlock(
  context: StepContext,
  { serverId, wasLocked, lockedReason }: { serverId: string; wasLocked: boolean; lockedReason: string | null },
): Promise<void> {
  const { compute } = context.here.admin;
  const now = await context.here.reads.server(serverId);
  if (!now || !isProtectorsLock(now)) return;
  await compute.unlockServer(serverId);
  if (wasLocked) await compute.lockServer(serverId, lockedReason ?? "");
}
