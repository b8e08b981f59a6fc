import { type MappingKind, ProtectorError, type ServerDescription, type VolumeDescription } from "@protector/contract";
import type { VolumeType } from "@protector/openstack";
import type { CgVolumesTable } from "../../db/schema.ts";
import type { HomeMember, WaitingHome } from "../plans/failback-input.ts";
import { isSyncType } from "../plans/failover-checks.ts";
import type { FailoverMember } from "../plans/failover-input.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { arrayGroupAt } from "./group-names.ts";
import { type GroupView, type MemberView, serverAt } from "./group-view.ts";
import { type MappingLookup, mappingLookup } from "./mapping.ts";
import { observeHome, stayedMember } from "./observe-failback.ts";
import { recoveredMember } from "./observe-failover.ts";

/** What a recovery does without, or makes anew, when it is gone. */
const DISPENSABLE: ReadonlySet<MappingKind> = new Set(["availability_zone", "image", "key_pair", "server_group"]);

/** Descriptions are those of home: what they name is there under the same id. */
export const atHome: MappingLookup = { find: (kind, id) => (DISPENSABLE.has(kind) ? undefined : id) };

/**
 * Members of a group that runs away from home, when nothing can be asked of the site that they run at: as they were captured
 * at home, with the volumes that they have at the other site by this site's rows. The place of a volume's row says which
 * volume at home it came from.
 * @throws ProtectorError `recovery_point.none` when this site's rows do not say what a member's volumes are there.
 */
export function homewardMembers(
  view: GroupView,
  { awayId, homeId }: { readonly awayId: string; readonly homeId: string },
): readonly FailoverMember[] {
  const rowsAt = (siteId: string, { id }: MemberView) => {
    const group = view.consistencyGroups.find((each) => each.site_id === siteId);
    return view.volumes.filter((row) => row.consistency_group_id === group?.id && row.member_id === id);
  };
  return view.members
    .filter(({ row }) => row.status !== "adding" && row.status !== "removing")
    .flatMap((member) => {
      const serverId = serverAt(view, member, awayId);
      if (serverId === null) return [];
      const away = rowsAt(awayId, member);
      if (!member.description || away.length === 0) {
        const detail = `This site does not know which volumes ${member.name} has at the other site, so nothing that arrived here can be told to be its. protector reclaim ${view.group.name} brings back the servers that wait here, with their disks as they were when they left.`;
        throw new ProtectorError("recovery_point.none", detail);
      }
      const description = describedAway(member.description, { away, home: rowsAt(homeId, member) });
      return recoveredMember(member, { serverId, description });
    });
}

function describedAway(
  captured: ServerDescription,
  rows: { readonly away: readonly CgVolumesTable[]; readonly home: readonly CgVolumesTable[] },
): ServerDescription {
  const known = new Map(captured.volumes.map((volume) => [volume.volume_id, volume]));
  const [root] = captured.volumes;
  const volumes = [...rows.away]
    .sort((a, b) => a.position - b.position)
    .flatMap((row): readonly VolumeDescription[] => {
      const atHomeRow = rows.home.find(({ position }) => position === row.position);
      const origin = atHomeRow ? known.get(atHomeRow.volume_id) : undefined;
      const own = { volume_id: row.volume_id, array_volume: row.array_volume, size_gib: row.size_gib };
      if (origin) return [{ ...origin, ...own }];
      return root ? [{ ...root, ...own, ...ATTACHED_AWAY, name: row.array_volume }] : [];
    });
  return { ...captured, volumes };
}

/** Nothing is written over a volume in a pod: the server is rebuilt on copies, with the ports of the one that waits. */
function besidePod({ server, ...home }: HomeMember): HomeMember {
  return { ...home, ...(server ? { replaced: server } : {}), server: undefined, volumes: new Map() };
}

/**
 * Volume types for members that come home beside the pod that they left: in the place of one of sync replication the type
 * that the mappings name for it at the other site, when there is one of that name here, else the first that replicates.
 */
export function typesBesidePod(view: GroupView, types: ReadonlyMap<string, VolumeType>): MappingLookup {
  const there = mappingLookup(view.mappings, false);
  const usable = [...types.values()].filter((type) => !isSyncType(type));
  const replicated = usable.filter(({ extraSpecs }) => /true/i.test(extraSpecs.replication_enabled ?? ""));
  const [first] = [...replicated, ...usable.filter((type) => !replicated.includes(type))];
  return {
    find: (kind, id) => {
      const type = kind === "volume_type" ? types.get(id) : undefined;
      if (!type || !isSyncType(type)) return atHome.find(kind, id);
      const named = there.find("volume_type", id);
      return usable.find(({ name }) => name === named)?.name ?? first?.name;
    },
  };
}

/** Of a volume that was attached at the other site only its place on the array is known here. */
const ATTACHED_AWAY = {
  description: null,
  is_bootable: false,
  is_root: false,
  device: null,
  tag: null,
  delete_on_termination: false,
  metadata: {},
  image_metadata: {},
} as const;

/** Looks at what waits at home; asks nothing of the site that is lost. */
export async function observeWaiting(
  context: PlanningContext,
  members: readonly FailoverMember[],
): Promise<WaitingHome> {
  const { view, source, target } = context;
  const homes = await Promise.all(
    members.map(async (member) => {
      const row = view.members.find(({ id }) => id === member.id);
      const home = await observeHome(context, { member, view: row });
      return [member.id, target.pod === undefined ? home : besidePod(home)] as const;
    }),
  );
  const sites = { awayId: source.siteId, homeId: target.siteId };
  const present = view.members.filter(({ row }) => row.status !== "adding" && row.status !== "removing");
  return {
    homes: new Map(homes),
    outward: undefined,
    stayed: present.flatMap((member) => stayedMember(view, member, sites)),
    ...(target.pod === undefined ? {} : { podGroup: arrayGroupAt(view, target.siteId) }),
  };
}
