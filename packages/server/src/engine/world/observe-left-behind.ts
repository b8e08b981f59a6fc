import { ENDED_OPERATION_STATUSES } from "@protector/contract";
import type { Port, Server, Volume } from "@protector/openstack";
import { arrayGroupName } from "@protector/storage";
import type { DatabaseConnection } from "../../db/connection.ts";
import { MAY_EXIST } from "../../db/repositories/ledger.ts";
import { type Freed, type LeftBehindHere, relievedQuota } from "../plans/clear-left-behind.ts";
import type { ObservedTarget } from "../plans/failover-input.ts";
import type { LeftMember } from "../plans/left-behind.ts";
import { isProtectorsLock, isStopped } from "../steps/servers.ts";
import { type GroupView, serverAt } from "./group-view.ts";
import { leftVolumes } from "./left-volumes.ts";
import { cinderGroupsOf, observeAway } from "./observe-away.ts";
import { idInNames, makerOfPort, makerOfServer } from "./own-objects.ts";
import type { SiteAccess } from "./site-access.ts";
import { arrayNameOf } from "./stand-ins.ts";

/** Of whom what is left behind is looked for, and where. */
export interface LeftBehindContext {
  readonly operation: { readonly id: string };
  readonly view: GroupView;
  readonly target: SiteAccess;
  readonly connection: DatabaseConnection;
}

/** What this site's database says that recoveries at the target have made. */
interface Records {
  /** Recoveries there that began in an older epoch and are over, by the part of their ids that names carry. */
  readonly over: ReadonlySet<string>;
  /** All operations that it knows, in the same way: tests and the one at work among them. */
  readonly known: ReadonlySet<string>;
  /** Members by id of a server or volume that was made for them. */
  readonly memberOf: ReadonlyMap<string, string>;
  /** Ids of volumes that a recovery made which did not complete: they were never anybody's. */
  readonly unfinished: ReadonlySet<string>;
  /** Members for which a server was made there, whether or not it still is. */
  readonly started: ReadonlySet<string>;
}

/** A target as failovers to it find it: what was left there, and what is free once that is gone. */
export async function observeCleared(
  context: LeftBehindContext,
  observed: ObservedTarget,
): Promise<{ readonly leftBehind: LeftBehindHere | undefined; readonly target: ObservedTarget }> {
  const found = await observeLeftBehind(context, observed.ports);
  if (!found) return { leftBehind: undefined, target: observed };
  const { freed, ...left } = found;
  const { ports, quota, withoutRoom } = observed;
  return {
    leftBehind: { ...left, roomBeside: { quota, withoutRoom } },
    target: {
      ...observed,
      ports: ports.filter(({ id }) => !left.portIds.has(id)),
      quota: relievedQuota(quota, freed),
      // Which hosts are free then nobody can say: it is looked at when they are.
      withoutRoom: left.servers.length > 0 ? [] : withoutRoom,
    },
  };
}

type Found = Omit<LeftBehindHere, "roomBeside"> & { readonly freed: Freed };

/**
 * Looks for what recoveries at the target have left of a group that runs elsewhere and waits for nothing there: servers with
 * Protector's tag that are of a member, with their ports and volumes. Each must be of a recovery of an older epoch that is
 * over; of an operation that this site knows nothing of, only what Protector has stopped and locked counts.
 * @param ports of the networks that the group's servers get.
 */
async function observeLeftBehind(context: LeftBehindContext, ports: readonly Port[]): Promise<Found | undefined> {
  const { view, target } = context;
  const { group } = view;
  if (group.home_site_id === target.siteId || group.primary_site_id === target.siteId) return undefined;
  const records = await readRecords(context);
  const isRecorded = view.members.some((member) => serverAt(view, member, target.siteId) !== null);
  if (records.over.size === 0 && !isRecorded) return undefined;
  const servers = await leftServers(context, records, ports);
  const freePorts = portsWithoutServer(context, records, ports);
  const volumes = await leftOverVolumes(context, records, servers);
  if (servers.length + freePorts.length + volumes.length === 0) return undefined;
  return describe(context, { servers, freePorts, volumes });
}

interface LeftServer {
  readonly memberId: string;
  readonly server: Server;
}

interface LeftPort {
  readonly memberId: string;
  readonly port: Port;
}

interface RecordedVolume {
  readonly memberId: string;
  readonly volume: Volume;
  readonly isApart: boolean;
}

async function readRecords({ connection, operation, view, target }: LeftBehindContext): Promise<Records> {
  const operations = await connection.db
    .selectFrom("dr_operations")
    .select(["id", "type", "status", "epoch", "site_id"])
    .where("protection_group_id", "=", view.group.id)
    .where("is_dry_run", "=", 0)
    .execute();
  const ended: readonly string[] = ENDED_OPERATION_STATUSES;
  const over = operations.filter(
    ({ id, type, status, epoch, site_id }) =>
      id !== operation.id &&
      (type === "failover" || type === "failback") &&
      site_id === target.siteId &&
      ended.includes(status) &&
      (epoch === null || epoch < view.group.epoch),
  );
  const rows =
    over.length === 0
      ? []
      : await connection.db
          .selectFrom("resource_ledger")
          .innerJoin("dr_operation_steps", (join) =>
            join
              .onRef("dr_operation_steps.operation_id", "=", "resource_ledger.operation_id")
              .onRef("dr_operation_steps.step_key", "=", "resource_ledger.step_key"),
          )
          .select(["resource_ledger.kind", "resource_ledger.external_id", "resource_ledger.state"])
          .select("resource_ledger.operation_id")
          .select("dr_operation_steps.member_id")
          .where(
            "resource_ledger.operation_id",
            "in",
            over.map(({ id }) => id),
          )
          .where("resource_ledger.site_id", "=", target.siteId)
          .where("resource_ledger.kind", "in", ["server", "volume"])
          .execute();
  const mayExist: readonly string[] = MAY_EXIST;
  return {
    over: new Set(over.map(({ id }) => idInNames(id))),
    known: new Set(operations.map(({ id }) => idInNames(id))),
    memberOf: new Map(
      rows.flatMap(({ external_id, member_id, state }) =>
        external_id !== null && member_id !== null && mayExist.includes(state) ? [[external_id, member_id]] : [],
      ),
    ),
    unfinished: new Set(
      rows.flatMap(({ external_id, operation_id }) => {
        const status = over.find(({ id }) => id === operation_id)?.status ?? "";
        return external_id !== null && !status.startsWith("completed") ? [external_id] : [];
      }),
    ),
    started: new Set(rows.flatMap(({ kind, member_id }) => (kind === "server" && member_id ? member_id : []))),
  };
}

async function leftServers(
  { view, target }: LeftBehindContext,
  { over, known, memberOf }: Records,
  ports: readonly Port[],
): Promise<readonly LeftServer[]> {
  const memberIds = new Set(view.members.map(({ id }) => id));
  const home = new Set(view.members.map(({ row }) => row.home_server_id));
  const byPort = new Map(ports.map((port) => [port.deviceId, makerOfPort(port)?.memberId]));
  const byRow = new Map(view.members.map((member) => [serverAt(view, member, target.siteId), member.id]));
  return (await target.reads.servers()).flatMap((server) => {
    const maker = makerOfServer(server);
    const memberId = byRow.get(server.id) ?? memberOf.get(server.id) ?? byPort.get(server.id);
    if (maker === undefined || memberId === undefined || !memberIds.has(memberId) || home.has(server.id)) return [];
    const isFenced = isStopped(server) && isProtectorsLock(server);
    return over.has(maker) || (!known.has(maker) && isFenced) ? [{ memberId, server }] : [];
  });
}

function portsWithoutServer(
  { view }: LeftBehindContext,
  { over }: Records,
  ports: readonly Port[],
): readonly LeftPort[] {
  const memberIds = new Set(view.members.map(({ id }) => id));
  return ports.flatMap((port) => {
    const maker = makerOfPort(port);
    if (port.deviceId !== "" || !maker || !memberIds.has(maker.memberId)) return [];
    return over.has(idInNames(maker.operationId)) ? [{ memberId: maker.memberId, port }] : [];
  });
}

/**
 * Volumes by the group's rows and the ledger, of servers that were left, or that never came to be of one. What a tenant has
 * attached to such a server himself is none, nor what he has detached from one while it ran.
 */
async function leftOverVolumes(
  { view, target }: LeftBehindContext,
  { memberOf, over, started, unfinished }: Records,
  servers: readonly LeftServer[],
): Promise<readonly RecordedVolume[]> {
  const { id: rowsAt } = view.consistencyGroups.find(({ site_id }) => site_id === target.siteId) ?? {};
  const ofRows = view.volumes.filter((row) => row.consistency_group_id === rowsAt);
  const owner = new Map([...memberOf, ...ofRows.map((row) => [row.volume_id, row.member_id] as const)]);
  const left = new Set(servers.map(({ server }) => server.id));
  const ran = new Set([...started, ...servers.map(({ memberId }) => memberId)]);
  const memberIds = new Set(view.members.map(({ id }) => id));
  return (await target.reads.volumes()).flatMap((volume) => {
    const memberId = owner.get(volume.id);
    if (memberId === undefined || !memberIds.has(memberId)) return [];
    // In use by something else: somebody has made it his.
    if (!volume.attachments.every(({ serverId }) => left.has(serverId))) return [];
    const isUnnamed = [...over].some((maker) => volume.name.startsWith(`protector-${maker}-`));
    if (volume.attachments.length === 0 && !isUnnamed && !unfinished.has(volume.id)) return [];
    return [{ memberId, volume, isApart: ran.has(memberId) }];
  });
}

interface Remains {
  readonly servers: readonly LeftServer[];
  readonly freePorts: readonly LeftPort[];
  readonly volumes: readonly RecordedVolume[];
}

async function describe(context: LeftBehindContext, found: Remains): Promise<Found> {
  const { target } = context;
  const members = await describeMembers(context, found);
  const gone = new Set(members.flatMap(({ volumes }) => volumes.map(({ arrayVolume }) => arrayVolume.toLowerCase())));
  const arrayGroup = arrayGroupName(context.view.group.id);
  const standing = await target.array.findGroup(arrayGroup);
  const stay = standing?.members.filter((name) => !gone.has(name.toLowerCase())) ?? [];
  const portIds = new Set(members.flatMap((member) => member.found?.portIds ?? []));
  return {
    members,
    servers: found.servers.map(({ server }) => server.name),
    portIds,
    cinderGroupIds: await cinderGroupsOf(
      target,
      found.volumes.map(({ volume }) => volume.id),
    ),
    arrayGroup: standing && stay.length < standing.members.length ? { arrayGroup, volumes: stay } : undefined,
    freed: freedBy(found, members),
  };
}

async function describeMembers(
  context: LeftBehindContext,
  { servers, freePorts, volumes }: Remains,
): Promise<LeftBehindHere["members"]> {
  const { target, view } = context;
  const described = await leftVolumes(
    context,
    volumes.map(({ volume, isApart }) => {
      const { id: volumeId, name } = volume;
      return { volumeId, name, arrayVolume: arrayNameOf(target, volume) ?? `volume-${volumeId}-cinder`, isApart };
    }),
  );
  const names = new Map(view.members.map(({ id, name }) => [id, name]));
  const ofServers = servers.map(async ({ memberId, server }): Promise<Omit<LeftMember, "isSafe">> => {
    const own = volumes.filter(({ volume }) => volume.attachments.some(({ serverId }) => serverId === server.id));
    return left(memberId, server.id, own, []);
  });
  const rest = view.members.map(async ({ id }) => {
    const ports = freePorts.filter(({ memberId }) => memberId === id).map(({ port }) => port.id);
    const own = volumes.filter(({ memberId, volume }) => memberId === id && volume.attachments.length === 0);
    return ports.length + own.length === 0 ? [] : [await left(id, null, own, ports)];
  });
  return [...(await Promise.all(ofServers)), ...(await Promise.all(rest)).flat()];

  async function left(id: string, serverId: string | null, own: readonly RecordedVolume[], portIds: readonly string[]) {
    const all = own.flatMap(({ volume }) => described.get(volume.id) ?? []);
    const arrayVolumes = all.map(({ arrayVolume }) => arrayVolume);
    const found =
      serverId === null
        ? { portIds, floatingIps: [], serverGroupIds: [], arrayIds: await arrayIdsOf(target, arrayVolumes) }
        : await observeAway(target, { serverId, arrayVolumes });
    return { id, name: names.get(id) ?? id, serverId, volumes: all, found };
  }
}

async function arrayIdsOf({ array }: SiteAccess, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  return new Map((await array.findVolumes(names)).map(({ name, id }) => [name, id]));
}

function freedBy({ servers, volumes }: Remains, members: LeftBehindHere["members"]): Freed {
  const sum = <T>(items: readonly T[], amountOf: (item: T) => number) =>
    items.reduce((total, item) => total + amountOf(item), 0);
  const byType: Record<string, { volumes: number; gigabytes: number }> = {};
  for (const { volume } of volumes) {
    const type = volume.typeName ?? "";
    const before = byType[type] ?? { volumes: 0, gigabytes: 0 };
    byType[type] = { volumes: before.volumes + 1, gigabytes: before.gigabytes + volume.sizeGiB };
  }
  return {
    instances: servers.length,
    cores: sum(servers, ({ server }) => server.flavor.vcpus),
    ramMiB: sum(servers, ({ server }) => server.flavor.ramMiB),
    volumes: volumes.length,
    gigabytes: sum(volumes, ({ volume }) => volume.sizeGiB),
    byType,
    ports: sum(members, ({ found }) => found?.portIds.length ?? 0),
    floatingIps: sum(members, ({ found }) => found?.floatingIps.length ?? 0),
  };
}
