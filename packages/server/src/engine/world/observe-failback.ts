import type { CheckResult, ServerDescription } from "@protector/contract";
import type { Port } from "@protector/openstack";
import { readOptionalJson } from "../../db/codecs.ts";
import type { FailbackInput, HomeMember, HomeVolume, StayedMember } from "../plans/failback-input.ts";
import type { FailoverMember } from "../plans/failover-input.ts";
import { finding } from "../plans/findings.ts";
import { type NicWiring, nicWirings } from "../plans/port-wiring.ts";
import { captureServer } from "./capture.ts";
import { hasRunInVain } from "./divergence.ts";
import { type GroupView, type MemberView, serverAt } from "./group-view.ts";
import { mappingLookup } from "./mapping.ts";
import { cinderGroupsOf, observeAway } from "./observe-away.ts";
import { type FailoverContext, observeFailover, recoveredMember } from "./observe-failover.ts";
import type { SiteAccess } from "./site-access.ts";

/** Looks at the servers as they run away from home, and at what waits there. */
export async function observeFailback(context: FailoverContext): Promise<FailbackInput> {
  const { view, source, target } = context;
  const present = view.members.filter(({ row }) => row.status !== "adding" && row.status !== "removing");
  const captured = await Promise.all(present.map((member) => capture(context, member)));
  const members = captured.flatMap(({ member }) => member ?? []);
  const away = new Map(
    await Promise.all(
      members.map(async ({ id, serverId, description }) => {
        const arrayVolumes = description.volumes.map((volume) => volume.array_volume);
        return [id, await observeAway(source, { serverId, arrayVolumes })] as const;
      }),
    ),
  );
  const homes = new Map(
    await Promise.all(
      members.map(
        async (member) => [member.id, await observeHome(context, { member, view: viewOf(view, member) })] as const,
      ),
    ),
  );
  const base = await observeFailover(context, members);
  const subnets = await source.admin.network.listSubnets({});
  return {
    ...base,
    homes,
    outward: { mapping: mappingLookup(view.mappings, false), subnets: new Map(subnets.map((each) => [each.id, each])) },
    homePod: target.pod,
    stayed: present.flatMap((member) => stayedMember(view, member, { awayId: source.siteId, homeId: target.siteId })),
    away,
    awayGroupIds: await cinderGroupsOf(
      source,
      members.flatMap(({ description }) => description.volumes.map((each) => each.volume_id)),
    ),
    refusals: captured.flatMap(({ refusals }) => refusals),
    hasRunAtHome: await hasRunInVain(context),
  };
}

function viewOf(view: GroupView, { id }: FailoverMember): MemberView | undefined {
  return view.members.find((member) => member.id === id);
}

interface Captured {
  readonly member: FailoverMember | undefined;
  readonly refusals: readonly CheckResult[];
}

async function capture({ view, source, target }: FailoverContext, member: MemberView): Promise<Captured> {
  const serverId = serverAt(view, member, source.siteId);
  if (serverId === null) return { member: undefined, refusals: [] };
  const { description, refusals } = await captureServer(source, serverId);
  const reason = `Server ${serverId} is gone from ${source.siteName}: remove the member, or fail over from a recovery point.`;
  if (!description) return { member: undefined, refusals: [finding("member.server_not_found", member.name, reason)] };
  const away =
    view.group.home_site_id === target.siteId ? nicWirings(readOptionalJson(member.row.nics) ?? [], false) : NONE;
  const ports = away.size > 0 ? await asAtHome(source, serverId, description.ports) : description.ports;
  const described = asItWas({ ...description, ports: [...ports] }, member.description);
  const nics = homeWirings(away, member.description);
  return { refusals, member: recoveredMember(member, { serverId, description: described, nics }) };
}

const NONE: ReadonlyMap<string, NicWiring> = new Map();

/** Ports under the MACs that they have at home, by which their interfaces are known: some were given a new one. */
async function asAtHome(
  { admin }: SiteAccess,
  deviceId: string,
  ports: ServerDescription["ports"],
): Promise<ServerDescription["ports"]> {
  const found = await admin.network.listPorts({ deviceId });
  const macs = new Map(found.map(({ id, description }) => [id, NIC_AT_HOME.exec(description)?.[1]]));
  return ports.map((port) => ({ ...port, mac_address: macs.get(port.port_id) ?? port.mac_address }));
}

/** An interface that had settings of its own away from home is at home as it was captured there. */
function homeWirings(
  away: ReadonlyMap<string, NicWiring>,
  home: ServerDescription | null,
): ReadonlyMap<string, NicWiring> {
  const own = home?.ports.filter((port) => away.has(port.mac_address.toLowerCase())) ?? [];
  return new Map(
    own.map((port) => [
      port.mac_address.toLowerCase(),
      {
        network_id: port.network_id,
        fixed_ips: port.fixed_ips,
        mac: "keep",
        port_security: port.is_port_security_enabled,
        security_group_ids: port.security_group_ids,
        floating_ips: port.floating_ips.map(({ network_id }) => ({ network_id, address: null })),
      },
    ]),
  );
}

/** What a failover leaves behind on purpose is no change that somebody made. */
function asItWas(now: ServerDescription, home: ServerDescription | null): ServerDescription {
  if (!home) return now;
  return {
    ...now,
    user_data: now.user_data ?? home.user_data,
    key_pair: now.key_pair ?? home.key_pair,
    was_locked: now.was_locked || home.was_locked,
    locked_reason: now.locked_reason ?? home.locked_reason,
  };
}

/** A member without a server at the other site, with the one that it has at home. */
export function stayedMember(
  view: GroupView,
  member: MemberView,
  { awayId, homeId }: { readonly awayId: string; readonly homeId: string },
): readonly StayedMember[] {
  const serverId = serverAt(view, member, homeId);
  if (serverAt(view, member, awayId) !== null || serverId === null || !member.description) return [];
  return [{ id: member.id, name: member.name, serverId, description: member.description }];
}

/** In the descriptions of Protector's ports: the MAC that the interface has at home. */
const NIC_AT_HOME = /, NIC ([0-9a-f:]{17})$/;
/** Looks at what waits for one member at the target, its home. Asks nothing of the source. */
export async function observeHome(
  context: FailoverContext,
  { member, view: row }: { readonly member: FailoverMember; readonly view: MemberView | undefined },
): Promise<HomeMember> {
  const { view, target } = context;
  const description = row?.description ?? null;
  const serverId = row ? serverAt(view, row, target.siteId) : null;
  const server = serverId === null ? undefined : await target.reads.server(serverId);
  return {
    server,
    description,
    volumes: await homeVolumes(context, member, server?.id),
    ports: await homePorts(context, description, server?.id),
  };
}

/** A volume that came from one at home has its place in the group's rows; a new one has a place of its own. */
async function homeVolumes(
  { view, source, target }: FailoverContext,
  member: FailoverMember,
  serverId: string | undefined,
): Promise<HomeMember["volumes"]> {
  const rowsAt = (siteId: string) => {
    const group = view.consistencyGroups.find((each) => each.site_id === siteId);
    return view.volumes.filter((each) => each.consistency_group_id === group?.id && each.member_id === member.id);
  };
  const atHome = new Map(rowsAt(target.siteId).map((row) => [row.position, row]));
  const pairs = rowsAt(source.siteId).flatMap((row) => {
    const waiting = atHome.get(row.position);
    return waiting ? [[row.volume_id, waiting.volume_id] as const] : [];
  });
  const recorded = new Map((await target.reads.volumes()).map((volume) => [volume.id, volume]));
  const names = pairs.flatMap(([, id]) => recorded.get(id)?.providerId ?? []);
  const onArray = new Set((await target.array.findVolumes(names)).map(({ name }) => name.toLowerCase()));
  return new Map(
    pairs.flatMap(([awayId, homeId]): readonly (readonly [string, HomeVolume])[] => {
      const volume = recorded.get(homeId);
      const isOurs = volume?.attachments.every((attachment) => attachment.serverId === serverId);
      if (!volume?.providerId || !isOurs || !onArray.has(volume.providerId.toLowerCase())) return [];
      const { id: volumeId, providerId: arrayVolume, name, sizeGiB: sizeGib } = volume;
      return [[awayId, { volumeId, arrayVolume, name, sizeGib }]];
    }),
  );
}

async function homePorts(
  { target }: FailoverContext,
  description: ServerDescription | null,
  serverId: string | undefined,
): Promise<HomeMember["ports"]> {
  const { network } = target.admin;
  const known = await Promise.all(description?.ports.map(({ port_id }) => network.findPort(port_id)) ?? []);
  const usable = known.filter((port): port is Port => port?.deviceId === (serverId ?? "") || port?.deviceId === "");
  return new Map(usable.map((port) => [port.macAddress.toLowerCase(), port]));
}
