import type { ServerDescription } from "@protector/contract";
import { inTransaction } from "../../db/transaction.ts";
import { isProtectorsLock, isStopped } from "../steps/servers.ts";
import { volumesOfServer, writeConsistencyGroup, writeGroupVolumes } from "../workflows/consistency-group-rows.ts";
import { captureServer } from "../world/capture.ts";
import { openSite } from "../world/group-access.ts";
import type { GroupView } from "../world/group-view.ts";
import { makerOfPort, makerOfServer } from "../world/own-objects.ts";
import type { SiteAccess } from "../world/site-access.ts";
import type { DutyOutcome, DutyScene } from "./duty.ts";
import { readMarkers } from "./group-markers.ts";
import { systemRequestId } from "./request-id.ts";

/** A server of the other site that one of Protector's failovers there has made for a member. */
interface Recovered {
  readonly memberId: string;
  readonly description: ServerDescription;
}

/**
 * Writes servers that the other site had recovered of a reclaimed group into its rows, with their volumes: a reprotection
 * deletes them there. Done when all of them are fenced and known.
 */
export async function findRecovered(scene: DutyScene): Promise<DutyOutcome> {
  const { ports, duty, view, localSiteId, round } = scene;
  if (view.group.primary_site_id !== localSiteId) return { kind: "void", reason: "the group runs at the other site" };
  const { bySite } = await readMarkers(round, view, localSiteId);
  const epoch = bySite.get(duty.site_id)?.epoch;
  if (epoch !== view.group.epoch)
    return { kind: "kept", reason: `the marker there stands at epoch ${epoch ?? "none"}, not ${view.group.epoch}` };
  const access = { view, transport: ports.transport, userId: "", requestId: systemRequestId(ports) };
  const site = await openSite(ports, access, duty.site_id);
  try {
    const { fenced, others } = await lookForServers(site, view);
    await record(scene, site, fenced);
    if (others.length === 0) return { kind: "done" };
    return { kind: "kept", reason: `not fenced there, or of a test: ${others.join(", ")}` };
  } finally {
    await site.array.close();
  }
}

async function lookForServers(site: SiteAccess, view: GroupView) {
  const members = new Map(view.members.map((member) => [member.id, member.row]));
  const ports = await site.admin.network.listPorts({ projectId: site.projectId });
  const memberOf = new Map(
    ports.flatMap((port) => {
      const id = makerOfPort(port)?.memberId;
      return port.deviceId !== "" && id !== undefined && members.has(id) ? [[port.deviceId, id] as const] : [];
    }),
  );
  const fenced: Recovered[] = [];
  const others: string[] = [];
  for (const server of await site.reads.servers()) {
    const memberId = memberOf.get(server.id);
    if (memberId === undefined || makerOfServer(server) === undefined) continue;
    if (members.get(memberId)?.peer_server_id === server.id) continue;
    if (!isStopped(server) || !isProtectorsLock(server)) others.push(`${server.name} (${server.status})`);
    else {
      const { description } = await captureServer(site, server.id);
      if (description) fenced.push({ memberId, description });
    }
  }
  return { fenced, others };
}

async function record({ ports, view }: DutyScene, site: SiteAccess, found: readonly Recovered[]): Promise<void> {
  if (found.length === 0) return;
  const { connection } = ports;
  const array = await site.array.identify();
  await inTransaction(connection.db, async (trx) => {
    for (const { memberId, description } of found)
      await trx
        .updateTable("pg_members")
        .set({ peer_server_id: description.server_id, updated_at: connection.now() })
        .where("id", "=", memberId)
        .execute();
    const context = { trx, connection, view };
    const storage = { siteId: site.siteId, arrayId: array.id, arrayName: array.name, cinderGroupId: null };
    await writeGroupVolumes(context, await writeConsistencyGroup(context, storage), {
      ofMembers: found.map(({ memberId }) => memberId),
      volumes: found.flatMap(({ memberId, description }) => volumesOfServer(memberId, description)),
    });
  });
}
