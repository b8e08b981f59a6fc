import type { CloudDescription } from "@protector/simulator";
import type { ProtectedGroup } from "./protected-group.ts";
import type { TestSite } from "./test-site.ts";
import type { TwoSites } from "./two-sites.ts";

type Plain = Readonly<Record<string, unknown>>;

/**
 * Both clouds, both arrays and both databases, without generated ids, times and attempt counters: two runs of the same
 * operation must end in the same one. Objects that an array holds only until their eradication delay is over are gone.
 */
export async function finalState(sites: TwoSites, group: ProtectedGroup): Promise<Plain> {
  const { world, a, b } = sites;
  const clouds = world.describe().clouds.map((cloud) => cloudState(cloud));
  const arrayNames = new Map(world.clouds.flatMap((cloud) => arrayVolumeNames(cloud.describe())));
  const arrays = world.describe().arrays.map((array) => ({
    name: array.name,
    volumes: array.volumes
      .filter((volume) => !volume.isDestroyed)
      .map((volume) => ({ name: arrayNames.get(volume.name) ?? plainName(volume.name), hosts: volume.hosts.length }))
      .sort(byName),
    groups: array.groups
      .filter((each) => !each.isDestroyed)
      .map((each) => ({
        name: plainName(each.name),
        members: each.members
          .filter((member) => !array.volumes.some((volume) => volume.isDestroyed && volume.name === member))
          .map((member) => arrayNames.get(member.replace(/^.*:/, "")) ?? plainName(member))
          .sort(),
        targets: each.targets,
        isReplicating: each.isReplicating,
      }))
      // Cinder's own group of its backend comes with the first replicated volume and stays.
      .filter((each) => each.name !== "cinder-group" || each.members.length > 0)
      .sort(byNameAndMembers),
    points: array.points
      .filter((point) => !point.isDestroyed && point.name.includes(".protector-"))
      .map((point) => ({ name: plainName(point.name), progress: point.progress }))
      .sort(byName),
    problems: array.problems,
  }));
  return { clouds, arrays, databases: [await databaseState(a, group.id), await databaseState(b, group.id)] };
}

function cloudState(cloud: CloudDescription): Plain {
  const servers = new Map(cloud.servers.map((server) => [server.id as string, server.name as string]));
  const volumes = new Map(cloud.volumes.map((volume) => [volume.id as string, volume.name as string]));
  const ports = new Map(cloud.ports.map((port) => [port.id as string, port.macAddress as string]));
  return {
    name: cloud.name,
    servers: cloud.servers.map(({ id: _id, ...server }) => ({
      ...server,
      lockedReason: plainName(String(server.lockedReason)),
      tags: (server.tags as string[]).map(plainName),
      volumes: (server.volumes as Plain[]).map(({ id: _volume, ...volume }) => volume),
      ports: (server.ports as string[]).map((port) => ports.get(port)),
    })),
    volumes: cloud.volumes.map(({ id: _id, ...volume }) => ({
      ...volume,
      description: plainName(String(volume.description)),
      metadata: withoutArrayName(volume.metadata as Plain),
      arrayVolume: volume.arrayVolume === null ? null : "set",
      group: plainName(String(volume.group)),
      attachedTo: (volume.attachedTo as string[]).map((server) => servers.get(server)),
    })),
    volumeGroups: cloud.volumeGroups.map(({ id: _id, ...each }) => ({ ...each, name: plainName(String(each.name)) })),
    ports: cloud.ports
      .map(({ id: _id, ...port }) => ({ ...port, deviceId: servers.get(port.deviceId as string) ?? port.deviceId }))
      .sort((x, y) => (String((x as Plain).macAddress) < String((y as Plain).macAddress) ? -1 : 1)),
    networks: cloud.networks.map(({ id: _id, ...network }) => ({ ...network, name: plainName(String(network.name)) })),
    floatingIps: cloud.floatingIps.map(({ fixedIp }) => fixedIp),
    serverGroups: cloud.serverGroups.map(({ id: _id, ...each }) => ({ ...each, name: plainName(String(each.name)) })),
    keypairs: cloud.keypairs,
    named: volumes.size,
  };
}

function arrayVolumeNames(cloud: CloudDescription): readonly (readonly [string, string])[] {
  return cloud.volumes.map((volume) => [String(volume.arrayVolume), `volume of Cinder: ${volume.name}`] as const);
}

async function databaseState({ connection }: TestSite, groupId: string): Promise<Plain> {
  const { db } = connection;
  const group = await db.selectFrom("protection_groups").selectAll().where("id", "=", groupId).executeTakeFirst();
  const members = await db
    .selectFrom("pg_members")
    .select(["name", "status", "error"])
    .where("protection_group_id", "=", groupId)
    .orderBy("name")
    .execute();
  const volumes = await db
    .selectFrom("cg_volumes")
    .innerJoin("consistency_groups", "consistency_groups.id", "cg_volumes.consistency_group_id")
    .select(["consistency_groups.array_name", "cg_volumes.position"])
    .orderBy("consistency_groups.array_name")
    .orderBy("cg_volumes.position")
    .execute();
  const operations = await db
    .selectFrom("dr_operations")
    .select(["type", "status", "progress", "data_loss_seconds", "leftovers"])
    .orderBy("created_at")
    .orderBy("type")
    .execute();
  const steps = await db
    .selectFrom("dr_operation_steps")
    .select(["step_key", "status"])
    .where("status", "!=", "completed")
    .execute();
  const ledger = await db
    .selectFrom("resource_ledger")
    .select(["kind", "state"])
    .where("state", "in", ["present", "adopted", "intended"])
    .orderBy("kind")
    .orderBy("state")
    .execute();
  const duties = await db
    .selectFrom("duties")
    .select(["kind", "subject", "state"])
    .where("state", "=", "owed")
    .orderBy("kind")
    .orderBy("subject")
    .execute();
  return {
    group: group && {
      status: group.status,
      epoch: group.epoch,
      protection: group.protection,
      generation: group.generation,
      busy: group.current_operation_id !== null,
    },
    members,
    volumes,
    operations,
    steps: steps.length,
    // An array volume that was managed became a Cinder volume: its row of intent is no object of its own.
    ledger: ledger.filter((row) => row.kind !== "array_volume"),
    duties,
  };
}

/** A name without the ids of groups, operations and leases in it. */
function plainName(name: string): string {
  return name
    .replace(/protector-[0-9a-f]{12}-e(\d+)-([0-9a-f]{8})$/, "protector-<id>-e$1-<holder>")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
    .replace(/protector-[0-9a-f]{12}/g, "protector-<id>")
    .replace(/-l\d+$/, "-l<n>");
}

function withoutArrayName({ array_volume_name: _name, ...metadata }: Plain): Plain {
  return metadata;
}

function byName(x: { readonly name: string }, y: { readonly name: string }): number {
  return x.name < y.name ? -1 : x.name > y.name ? 1 : 0;
}

function byNameAndMembers(x: { name: string; members: readonly string[] }, y: typeof x): number {
  return byName(x, y) || x.members.join().localeCompare(y.members.join());
}
