import { arrayGroupName } from "@protector/storage";
import type { DivergentVolume, LeftAtOtherSite, ReprotectedMember, ReprotectInput } from "../plans/reprotect.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { captureServer } from "./capture.ts";
import { isDivergent } from "./divergence.ts";
import { type GroupView, type MemberView, serverAt } from "./group-view.ts";
import { cinderGroupsOf, observeAway } from "./observe-failback.ts";
import { replicationSettings } from "./observe-failover.ts";

/** Looks at the servers as they run now, and at what was left at the other site. */
export async function observeReprotect(context: PlanningContext): Promise<ReprotectInput> {
  const { operation, view, source, target } = context;
  const { group } = view;
  const arrayGroup = arrayGroupName(group.id);
  const isHome = source.siteId === group.home_site_id;
  const isApart = await isDivergent(context);
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
    divergent: isApart && !isHome ? divergentVolumes(view, target.siteId) : [],
    left: isHome ? await leftAtOtherSite(context, isApart) : undefined,
  };
}

function volumesAt(view: GroupView, siteId: string) {
  const group = view.consistencyGroups.find((each) => each.site_id === siteId);
  return view.volumes.filter((row) => row.consistency_group_id === group?.id);
}

function divergentVolumes(view: GroupView, siteId: string): readonly DivergentVolume[] {
  return volumesAt(view, siteId).flatMap((row) => {
    const member = view.members.find(({ id }) => id === row.member_id);
    if (!member) return [];
    const known = member.description?.volumes.find((volume) => volume.volume_id === row.volume_id);
    const title = `volume ${known?.name || row.volume_id} of ${member.name}`;
    return [{ memberId: member.id, title, arrayVolume: row.array_volume }];
  });
}

/** @param isApart its volumes hold what is nowhere else. */
async function leftAtOtherSite(
  { operation, view, target }: PlanningContext,
  isApart: boolean,
): Promise<LeftAtOtherSite> {
  const rows = volumesAt(view, target.siteId);
  const present = view.members.filter((member) => serverAt(view, member, target.siteId) !== null);
  const members = await Promise.all(
    present.map(async (member) => {
      const own = rows.filter((row) => row.member_id === member.id);
      const serverId = serverAt(view, member, target.siteId) ?? "";
      const arrayVolumes = own.map((row) => row.array_volume);
      const prefix = `protector-${operation.id.replaceAll("-", "").slice(0, 12)}-kept`;
      return {
        id: member.id,
        name: member.name,
        serverId,
        volumes: own.map((row) => ({
          volumeId: row.volume_id,
          arrayVolume: row.array_volume,
          name: "",
          keptName: isApart ? `${prefix}-${rows.indexOf(row)}` : null,
        })),
        found: await observeAway(target, { serverId, arrayVolumes }),
      };
    }),
  );
  const volumeIds = rows.map((row) => row.volume_id);
  return { members, cinderGroupIds: await cinderGroupsOf(target, volumeIds) };
}

async function recapture({ view, source }: PlanningContext, member: MemberView): Promise<ReprotectedMember> {
  const { id, name } = member;
  const serverId = serverAt(view, member, source.siteId);
  if (serverId === null) return { id, name, description: undefined, refusals: [] };
  const { description, refusals } = await captureServer(source, serverId);
  return { id, name, description, refusals: description ? refusals : [] };
}
