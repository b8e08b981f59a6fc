import type { DivergentVolume, LeftAtOtherSite, ReprotectedMember, ReprotectInput } from "../plans/reprotect.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { captureServer } from "./capture.ts";
import { isDivergent } from "./divergence.ts";
import { arrayGroupAt } from "./group-names.ts";
import { type GroupView, type MemberView, serverAt } from "./group-view.ts";
import { leftVolumes } from "./left-volumes.ts";
import { cinderGroupsOf, observeAway } from "./observe-away.ts";
import { replicationSettings } from "./observe-failover.ts";

/** Looks at the servers as they run now, and at what was left at the other site. */
export async function observeReprotect(
  context: PlanningContext,
  { becomesHome = false }: { readonly becomesHome?: boolean } = {},
): Promise<ReprotectInput> {
  const { operation, view, source, target } = context;
  const { group } = view;
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const isHome = becomesHome || source.siteId === group.home_site_id;
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
      arrayGroup: arrayGroupAt(view, target.siteId),
      marker: otherMarker,
      leftServers: servers.filter((server) => left.has(server.id)),
    },
    divergent: isApart && !isHome ? divergentVolumes(view, target.siteId) : [],
    left: isHome ? await leftAtOtherSite(context, { isApart, arrived: arrivedOf(members) }) : undefined,
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

/** Ports that a member had when it was captured. */
function portsAt({ description }: MemberView): readonly string[] {
  return description?.ports.map(({ port_id }) => port_id) ?? [];
}

/** Members whose data is at the source, whole. */
function arrivedOf(members: readonly ReprotectedMember[]): ReadonlySet<string> {
  return new Set(members.filter(({ description, isWhole }) => description && isWhole).map(({ id }) => id));
}

/** @param of `isApart`: volumes there hold what is nowhere else; what has not arrived here is not to go there. */
async function leftAtOtherSite(
  context: PlanningContext,
  { isApart, arrived }: { readonly isApart: boolean; readonly arrived: ReadonlySet<string> },
): Promise<LeftAtOtherSite> {
  const { view, target } = context;
  const rows = volumesAt(view, target.siteId);
  const volumes = await leftVolumes(
    context,
    rows.map((row) => ({ volumeId: row.volume_id, arrayVolume: row.array_volume, name: "", isApart })),
  );
  const present = view.members
    .filter(({ id }) => arrived.has(id))
    .filter((member) => serverAt(view, member, target.siteId) !== null);
  const members = await Promise.all(
    present.map(async (member) => {
      const own = rows.filter((row) => row.member_id === member.id);
      const serverId = serverAt(view, member, target.siteId) ?? "";
      const arrayVolumes = own.map((row) => row.array_volume);
      return {
        id: member.id,
        name: member.name,
        serverId,
        volumes: own.flatMap((row) => volumes.get(row.volume_id) ?? []),
        // At the old home its tenant made the ports. They hold the addresses that the next failover there needs.
        found: await observeAway(target, { serverId, arrayVolumes, portIds: portsAt(member) }),
      };
    }),
  );
  const volumeIds = rows.map((row) => row.volume_id);
  return {
    members,
    cinderGroupIds: await cinderGroupsOf(target, volumeIds),
  };
}

/** A member as it runs at the source now. */
export async function recapture(
  { view, source }: Pick<PlanningContext, "view" | "source">,
  member: MemberView,
): Promise<ReprotectedMember> {
  const { id, name } = member;
  const isWhole = member.row.status !== "error";
  const serverId = serverAt(view, member, source.siteId);
  if (serverId === null) return { id, name, isWhole, description: undefined, refusals: [] };
  const { description, refusals } = await captureServer(source, serverId);
  return { id, name, isWhole, description, refusals: description ? refusals : [] };
}
