import type { Server } from "@protector/openstack";
import { readJson } from "../../db/codecs.ts";
import { recoveredServers } from "../../db/repositories/ledger.ts";
import type { FenceInput } from "../../domain/yield-to-peer.ts";
import { isProtectorsLock, isStopped, LOCK_PREFIX } from "../steps/servers.ts";
import { openSite } from "../world/group-access.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import { serverAt } from "../world/group-view.ts";
import { replicationSettings } from "../world/observe-failover.ts";
import type { SiteAccess } from "../world/site-access.ts";
import type { DutyOutcome, DutyScene } from "./duty.ts";
import { readMarkers } from "./group-markers.ts";
import { systemRequestId } from "./request-id.ts";

/** ms in which servers must have stopped; after that the duty is looked at again. */
const STOP_WITHIN_MS = 120_000;
const POLL_MS = 2_000;

/**
 * Fences this site's part of a group that the other site has taken over: its servers are locked by an administrator's lock
 * and stopped, its replication schedule is turned off, all of it read back. Void when this site is primary again.
 */
export async function fenceHere(scene: DutyScene): Promise<DutyOutcome> {
  const { ports, view, localSiteId, round } = scene;
  const { primarySiteId } = await readMarkers(round, view, localSiteId);
  if (primarySiteId === localSiteId) return { kind: "void", reason: "this site is primary again" };
  const access = { view, transport: ports.transport, userId: "", requestId: systemRequestId(ports) };
  const site = await openSite(ports, access, localSiteId);
  try {
    const running = await stopServers(scene, site);
    await turnScheduleOff(scene, site);
    if (running.length === 0) return { kind: "done" };
    return {
      kind: "kept",
      reason: `still running: ${running.map(({ name, status }) => `${name} (${status})`).join(", ")}`,
    };
  } finally {
    await site.array.close();
  }
}

/** @returns the servers that did not stop in time. */
async function stopServers(scene: DutyScene, site: SiteAccess): Promise<readonly Server[]> {
  const { ports, view, signal } = scene;
  const ids = await serversHere(scene);
  const ours = async () => (await site.reads.servers()).filter((server) => ids.has(server.id));
  const { compute } = site.admin;
  const reason = `${LOCK_PREFIX}at the other site took the group over from epoch ${view.group.epoch}`;
  for (const server of await ours()) {
    if (!isProtectorsLock(server)) await compute.lockServer(server.id, reason);
    if (!isStopped(server) && server.taskState === null) await compute.stopServer(server.id);
  }
  const until = ports.clock.now() + STOP_WITHIN_MS;
  for (;;) {
    const running = (await ours()).filter((server) => !isStopped(server) || !isProtectorsLock(server));
    if (running.length === 0 || ports.clock.now() >= until) return running;
    await ports.clock.sleep(POLL_MS, signal);
  }
}

/**
 * Servers of the group here: its members', those that were members' when the other site took over, and those that a failover
 * to this site has made and not come to note.
 */
async function serversHere({ ports, duty, view, localSiteId }: DutyScene): Promise<ReadonlySet<string>> {
  const { servers } = readJson(duty.input) as FenceInput;
  const made = await recoveredServers(ports.connection.db, { groupId: view.group.id, siteId: localSiteId });
  return new Set([...servers, ...made, ...view.members.flatMap((member) => serverAt(view, member, localSiteId) ?? [])]);
}

async function turnScheduleOff({ view }: DutyScene, site: SiteAccess): Promise<void> {
  const name = arrayGroupAt(view, site.siteId);
  const group = await site.array.findGroup(name);
  if (!group?.replication.enabled) return;
  await site.array.setReplication(name, { ...replicationSettings(view), enabled: false });
  if ((await site.array.findGroup(name))?.replication.enabled) throw new Error(`the schedule of ${name} is still on`);
}
