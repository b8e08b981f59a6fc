import { ProtectorError } from "@protector/contract";
import type { Cloud, ServerGroup } from "@protector/openstack";
import { pointsOf, type ReplicationSettings } from "@protector/storage";
import { readJson, readOptionalJson } from "../../db/codecs.ts";
import { nextEpoch } from "../../domain/epochs.ts";
import type { FailoverInput, FailoverMember, ObservedSource, ObservedTarget } from "../plans/failover-input.ts";
import { mappingGaps, namedImages } from "../plans/mapping-gaps.ts";
import { nicWirings, wiredNetworks } from "../plans/port-wiring.ts";
import { serverSizes } from "../plans/room-needs.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { arrayGroupAt } from "./group-names.ts";
import { type GroupView, type MemberView, serverAt } from "./group-view.ts";
import { sizesWithoutRoom } from "./host-room.ts";
import { type MappingLookup, mappingLookup } from "./mapping.ts";
import { observeCleared } from "./observe-left-behind.ts";
import { observePod } from "./observe-pod.ts";
import { resourceNames } from "./resource-names.ts";

/** The sites of a failover that is planned, or only thought of. */
export type FailoverContext = Pick<PlanningContext, "view" | "source" | "target" | "connection"> & {
  /** Objects in whose names its id stands are its own. */
  readonly operation: { readonly id: string };
};

/**
 * Looks at both sites and gathers everything that a planned failover is planned from.
 * @param members default: as they were captured.
 */
export async function observeFailover(
  context: FailoverContext,
  members = failoverMembers(context.view, context.source.siteId),
): Promise<FailoverInput> {
  const { operation, view, source, target } = context;
  const { group } = view;
  const mapping = mappingLookup(view.mappings, target.siteId === group.home_site_id);
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const next = nextEpoch(group.epoch, { primary: target.siteId, peer: source.siteId });
  const [observedSource, observedTarget, pod] = await Promise.all([
    observeSource(context, arrayGroup),
    observeTarget(context, members, mapping),
    observePod(arrayGroup, { source, target }),
  ]);
  // Asked only for what is named in a blocker: a plan without one makes no such call.
  const sourceNames = await resourceNames(source.admin, mappingGaps(members, mapping, observedTarget));
  return {
    operationId: operation.id,
    group: { id: group.id, name: group.name, arrayGroup },
    epochs: { current: group.epoch, next, back: nextEpoch(next, { primary: source.siteId, peer: target.siteId }) },
    members,
    mapping,
    replication: replicationSettings(view),
    pod,
    source: observedSource,
    sourceNames,
    ...(await observeCleared(context, observedTarget)),
  };
}

/** Interval and retention of the group's policy, schedule on. */
export function replicationSettings(view: GroupView): ReplicationSettings {
  if (!view.policy)
    throw new ProtectorError(
      "protection_group.no_policy",
      `Protection group ${view.group.name} has no replication policy.`,
    );
  const { all_for_seconds, per_day, days } = readJson(view.policy.retention);
  return {
    enabled: true,
    intervalMs: view.policy.replication_interval * 1000,
    retention: { allForSeconds: all_for_seconds, perDay: per_day, days },
  };
}

/** Members that a recovery brings up, with what was captured of them. */
export function failoverMembers(view: GroupView, sourceSiteId: string): readonly FailoverMember[] {
  // Settings of single interfaces are of the other site: going home they are as they were there.
  const leavesHome = view.group.home_site_id === sourceSiteId;
  return view.members
    .filter((member) => member.row.status !== "adding" && member.row.status !== "removing")
    .map((member) => {
      const serverId = serverAt(view, member, sourceSiteId);
      if (!serverId || !member.description) {
        throw new ProtectorError(
          "member.server_not_found",
          `Member ${member.name} has no captured server at the site that it leaves.`,
        );
      }
      const nics = leavesHome ? nicWirings(readOptionalJson(member.row.nics) ?? [], false) : new Map();
      return recoveredMember(member, { serverId, description: member.description, nics });
    });
}

/** A member as a recovery brings it up. @param of its server at the site that it leaves, and how that is described. */
export function recoveredMember(
  { id, name, row, dependsOn }: MemberView,
  of: Pick<FailoverMember, "serverId" | "description"> & Partial<Pick<FailoverMember, "nics">>,
): FailoverMember {
  return {
    id,
    name,
    tier: row.tier,
    dependsOn,
    delaySeconds: row.delay_seconds,
    isCritical: row.is_critical === 1,
    keepsUserData: row.user_data === "keep",
    gate: readOptionalJson(row.gate),
    nics: new Map(),
    ...of,
  };
}

async function observeSource(context: FailoverContext, arrayGroup: string): Promise<ObservedSource> {
  const { source, target, view } = context;
  const [servers, marker, group, health, targetArray] = await Promise.all([
    source.reads.servers(),
    source.array.readMarker(view.group.id),
    source.array.findGroup(arrayGroup),
    source.array.health(),
    target.arrayName(),
  ]);
  return {
    siteName: source.siteName,
    servers: new Map(servers.map((server) => [server.id, server])),
    marker,
    arrayGroup: group,
    connection: health.connections.find((connection) => connection.array === targetArray),
  };
}

/** Looks at the site that servers arrive at. */
export async function observeTarget(
  context: Pick<FailoverContext, "view" | "source" | "target">,
  members: readonly FailoverMember[],
  mapping: MappingLookup,
): Promise<ObservedTarget> {
  const { source, target, view } = context;
  const { compute, volume, network, placement } = target.admin;
  const networkIds = wiredNetworks(mapping, members);
  const flavorsById = compute.listFlavors().then((all) => new Map(all.map((each) => [each.id, each])));
  const [
    networks,
    subnets,
    flavors,
    withoutRoom,
    securityGroups,
    types,
    zones,
    ports,
    imageIds,
    serverGroups,
    computeQuota,
    volumeQuota,
    networkQuota,
  ] = await Promise.all([
    network.listNetworks({}),
    network.listSubnets({}),
    flavorsById,
    flavorsById.then((flavors) => sizesWithoutRoom(placement, serverSizes({ members, mapping, flavors }))),
    network.listSecurityGroups({ projectId: target.projectId }),
    volume.listTypes(),
    compute.listAvailabilityZones(),
    Promise.all([...networkIds].map((networkId) => target.reads.portsOf(networkId))),
    presentImages(target.admin.image, members, mapping),
    presentServerGroups(compute, members, mapping),
    compute.quota(target.projectId),
    volume.quota(target.projectId),
    network.quota(target.projectId),
  ]);
  const points = await target.array.listRecoveryPoints(
    pointsOf(arrayGroupAt(view, source.siteId), await source.arrayName()),
  );
  return {
    siteName: target.siteName,
    projectId: target.projectId,
    networkNames: new Map(networks.map((each) => [each.id, each.name])),
    subnets: new Map(subnets.map((each) => [each.id, each])),
    flavors,
    securityGroups: new Map(securityGroups.map((each) => [each.id, each])),
    volumeTypes: new Map(types.map((each) => [each.name, each])),
    availabilityZones: zones,
    imageIds,
    serverGroups,
    makesFromImages: !target.array.holdsData,
    ports: ports.flat(),
    quota: { compute: computeQuota, volume: volumeQuota, network: networkQuota },
    withoutRoom,
    marker: await target.array.readMarker(view.group.id),
    newestUsablePoint: points.find((point) => point.isUsable),
    cinderHostProblem: await problemOf(target.cinderHost()),
    trustProblem: target.isOwn ? await problemOf(target.tenant()) : undefined,
  };
}

/** Of the images that volumes name, or that those are mapped to: the ones that are there. */
async function presentImages(
  image: Cloud["image"],
  members: readonly FailoverMember[],
  mapping: MappingLookup,
): Promise<ReadonlySet<string>> {
  const named = members.flatMap(({ description }) => description.volumes.flatMap(namedImages));
  const wanted = new Set(named.map((id) => mapping.find("image", id) ?? id));
  const found = await Promise.all([...wanted].map((id) => image.findImage(id)));
  return new Set(found.flatMap((each) => each?.id ?? []));
}

async function presentServerGroups(
  compute: Cloud["compute"],
  members: readonly FailoverMember[],
  mapping: MappingLookup,
): Promise<ReadonlyMap<string, ServerGroup>> {
  const ids = members.flatMap(({ description: { server_group: group } }) =>
    group ? (mapping.find("server_group", group.id) ?? []) : [],
  );
  const found = await Promise.all([...new Set(ids)].map((id) => compute.findServerGroup(id)));
  return new Map(found.flatMap((group) => (group ? [[group.id, group] as const] : [])));
}

/** The text of a refusal that a person can cure; other errors are thrown. */
async function problemOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof ProtectorError) return error.message;
    throw error;
  }
}
