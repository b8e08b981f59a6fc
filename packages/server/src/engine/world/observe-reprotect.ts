import { arrayGroupName } from "@protector/storage";
import type { ReprotectedMember, ReprotectInput } from "../plans/reprotect.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { captureServer } from "./capture.ts";
import { type MemberView, serverAt } from "./group-view.ts";
import { replicationSettings } from "./observe-failover.ts";

/** Looks at the servers as they run now, and at what was left at the other site. */
export async function observeReprotect(context: PlanningContext): Promise<ReprotectInput> {
  const { operation, view, source, target } = context;
  const { group } = view;
  const arrayGroup = arrayGroupName(group.id);
  const left = new Set(view.members.map((member) => serverAt(view, member, target.siteId)));
  const [members, ownMarker, otherMarker, standing, health, targetArray, servers] = await Promise.all([
    Promise.all(view.members.map((member) => recapture(context, member))),
    source.array.readMarker(group.id),
    target.array.readMarker(group.id),
    source.array.findGroup(arrayGroup),
    source.array.health(),
    target.arrayName(),
    target.reads.servers(),
  ]);
  return {
    operationId: operation.id,
    group: { id: group.id, name: group.name, arrayGroup },
    epoch: group.epoch,
    members,
    replication: replicationSettings(view),
    source: {
      siteName: source.siteName,
      marker: ownMarker,
      arrayGroup: standing,
      connection: health.connections.find((connection) => connection.array === targetArray),
    },
    target: {
      siteName: target.siteName,
      marker: otherMarker,
      leftServers: servers.filter((server) => left.has(server.id)),
    },
  };
}

async function recapture({ view, source }: PlanningContext, member: MemberView): Promise<ReprotectedMember> {
  const { id, name } = member;
  const serverId = serverAt(view, member, source.siteId);
  if (serverId === null) return { id, name, description: undefined, refusals: [] };
  const { description, refusals } = await captureServer(source, serverId);
  return { id, name, description, refusals: description ? refusals : [] };
}
