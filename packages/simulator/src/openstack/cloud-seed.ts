import { createOnArray } from "./cinder/pure-driver.ts";
import type { BackupRecord, SnapshotRecord, VolumeRecord, VolumeTypeRecord } from "./cinder/records.ts";
import { connectVolume, newRecord, reserveVolume } from "./cinder/volume-work.ts";
import type { Cloud } from "./cloud.ts";
import type { Project, User } from "./keystone/records.ts";
import type { NetworkRecord, PortRecord, SecurityGroupRecord, SubnetRecord } from "./neutron/records.ts";
import { importKeypair } from "./nova/keypairs.ts";
import type { FlavorRecord, ServerRecord } from "./nova/records.ts";
import type { PoolRecord } from "./octavia/load-balancer-state.ts";

/** A network with its one subnet. */
export interface SeededNetwork {
  readonly network: NetworkRecord;
  readonly subnet: SubnetRecord;
}

export interface SeededServer {
  readonly server: ServerRecord;
  readonly volumes: readonly VolumeRecord[];
  readonly ports: readonly PortRecord[];
}

/** What a seeded server is to be. */
export interface SeedServer {
  readonly name: string;
  readonly owner: { readonly project: Project; readonly user: User };
  readonly flavor: FlavorRecord;
  /** In boot order; the first is the root disk. */
  readonly disks: readonly { readonly name: string; readonly sizeGiB: number; readonly type: VolumeTypeRecord }[];
  readonly nics: readonly {
    readonly on: SeededNetwork;
    readonly address?: string;
    readonly securityGroups?: readonly SecurityGroupRecord[];
  }[];
  readonly keyName?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly userData?: string;
  readonly serverGroupId?: string;
  readonly description?: string;
}

/** A project with the quotas that the cloud's options set. */
export function seedProject(cloud: Cloud, name: string): Project {
  const project = cloud.identity.createProject(name);
  const { quotas } = cloud.options;
  Object.assign(cloud.compute.limitsOf(project.id), quotas?.compute);
  Object.assign(cloud.volumes.limitsOf(project.id), quotas?.volume);
  Object.assign(cloud.networks.limitsOf(project.id), quotas?.network);
  cloud.networks.defaultGroup(project.id);
  return project;
}

/** A user with roles in a project. @throws Error for an unknown role name. */
export function seedUser(
  cloud: Cloud,
  wanted: {
    readonly name: string;
    readonly password: string;
    readonly project: Project;
    readonly roles: readonly string[];
  },
): User {
  const { identity } = cloud;
  const user = identity.userNamed(wanted.name, "default") ?? identity.createUser(wanted.name, wanted.password);
  for (const name of wanted.roles) {
    const role = identity.roleNamed(name);
    if (!role) throw new Error(`no role ${name}`);
    identity.grant(user.id, wanted.project.id, role.id);
  }
  return user;
}

export function seedNetwork(
  cloud: Cloud,
  wanted: {
    readonly name: string;
    readonly project: Project;
    readonly cidr: string;
    readonly isShared?: boolean;
    readonly isExternal?: boolean;
  },
): SeededNetwork {
  const network = cloud.networks.createNetwork({
    name: wanted.name,
    projectId: wanted.project.id,
    isShared: wanted.isShared ?? false,
    isExternal: wanted.isExternal ?? false,
  });
  const subnet = cloud.networks.createSubnet({
    name: `${wanted.name}-subnet`,
    networkId: network.id,
    projectId: wanted.project.id,
    cidr: wanted.cidr,
  });
  return { network, subnet };
}

export function seedFlavor(
  cloud: Cloud,
  wanted: {
    readonly name: string;
    readonly vcpus: number;
    readonly ramMiB: number;
    readonly diskGiB?: number;
    readonly ephemeralGiB?: number;
    readonly swapMiB?: number;
  },
): FlavorRecord {
  const flavor = {
    id: cloud.environment.uuid(),
    diskGiB: 0,
    ephemeralGiB: 0,
    swapMiB: 0,
    isPublic: true,
    extraSpecs: {},
    ...wanted,
  };
  cloud.compute.flavors.set(flavor.id, flavor);
  return flavor;
}

export function seedKeypair(cloud: Cloud, user: User, name: string): void {
  const publicKey = `ssh-ed25519 ${Buffer.from(cloud.environment.random.bytes(51)).toString("base64")} ${name}`;
  importKeypair(cloud.compute, user.id, { name, publicKey, type: "ssh" });
}

/** A volume that is `available` at once. */
export function seedVolume(
  cloud: Cloud,
  wanted: {
    readonly name: string;
    readonly sizeGiB: number;
    readonly type: VolumeTypeRecord;
    readonly owner: SeedServer["owner"];
    readonly isBootable?: boolean;
  },
): VolumeRecord {
  const owner = { userId: wanted.owner.user.id, projectId: wanted.owner.project.id };
  const volume = newRecord(cloud.volumes, owner, {
    name: wanted.name,
    description: null,
    sizeGiB: wanted.sizeGiB,
    type: wanted.type,
    metadata: {},
    imageMetadata: wanted.isBootable ? { image_name: "cirros", hw_disk_bus: "virtio" } : {},
    isBootable: wanted.isBootable ?? false,
    isMultiattach: false,
    availabilityZone: "nova",
  });
  cloud.volumes.volumes.set(volume.id, volume);
  createOnArray(cloud.volumes, volume);
  volume.status = "available";
  return volume;
}

/** A snapshot that its owner keeps of a volume. */
export function seedSnapshot(cloud: Cloud, volume: VolumeRecord, name: string): SnapshotRecord {
  const snapshot = keptOf(cloud, volume, name);
  cloud.volumes.snapshots.set(snapshot.id, snapshot);
  return snapshot;
}

/** A backup of a volume. */
export function seedBackup(cloud: Cloud, volume: VolumeRecord, name: string): BackupRecord {
  const backup = keptOf(cloud, volume, name);
  cloud.volumes.backups.set(backup.id, backup);
  return backup;
}

function keptOf({ environment }: Cloud, volume: VolumeRecord, name: string): SnapshotRecord {
  const { id: volumeId, projectId, userId, sizeGiB } = volume;
  return { id: environment.uuid(), name, volumeId, projectId, userId, sizeGiB, createdAt: environment.now() };
}

/** A pool of a load balancer that sends to some ports; offers load balancers when nobody did yet. */
export function seedPool(
  cloud: Cloud,
  wanted: { readonly name: string; readonly project: Project; readonly ports: readonly PortRecord[] },
): PoolRecord {
  cloud.offerLoadBalancers();
  const { environment } = cloud;
  const members = wanted.ports.map(({ name, fixedIps: [ip] }) => {
    return { id: environment.uuid(), name, address: ip?.address ?? "", port: 80, subnetId: ip?.subnetId ?? null };
  });
  const { name, project } = wanted;
  const own = { id: environment.uuid(), loadBalancerId: environment.uuid(), createdAt: environment.now() };
  const pool = { ...own, name, projectId: project.id, members };
  cloud.loadBalancers.pools.set(pool.id, pool);
  return pool;
}

/** A server that is `ACTIVE` at once, booted from its first volume. @throws Error when no host has room. */
export function seedServer(cloud: Cloud, wanted: SeedServer): SeededServer {
  const id = cloud.environment.uuid();
  const now = cloud.environment.now();
  const volumes = wanted.disks.map((disk, index) =>
    seedVolume(cloud, { ...disk, owner: wanted.owner, isBootable: index === 0 }),
  );
  const ports = wanted.nics.map((nic) => seedPort(cloud, wanted, nic));
  const server: ServerRecord = {
    id,
    name: wanted.name,
    description: wanted.description ?? null,
    projectId: wanted.owner.project.id,
    userId: wanted.owner.user.id,
    flavor: wanted.flavor,
    imageId: undefined,
    keyName: wanted.keyName ?? null,
    availabilityZone: cloud.compute.hosts[0]?.availabilityZone ?? "nova",
    hostname: wanted.name.toLowerCase(),
    host: undefined,
    userData: wanted.userData ?? null,
    hasConfigDrive: false,
    metadata: { ...wanted.metadata },
    tags: [...(wanted.tags ?? [])],
    securityGroups: ["default"],
    createdAt: now,
    updatedAt: now,
    launchedAt: now,
    vmState: "active",
    taskState: null,
    powerState: 1,
    lockedBy: undefined,
    lockedReason: null,
    fault: undefined,
    serverGroupId: wanted.serverGroupId,
    disks: volumes.map((volume, index) => ({
      volumeId: volume.id,
      attachmentId: reserveVolume(cloud.volumes, volume, id).id,
      device: `/dev/vd${String.fromCharCode(97 + index)}`,
      tag: null,
      deleteOnTermination: false,
      isRoot: index === 0,
    })),
    nics: ports.map(({ id: portId }) => ({ portId, tag: null, isOwned: false })),
  };
  start(cloud, server, volumes);
  return { server, volumes, ports };
}

function seedPort(cloud: Cloud, wanted: SeedServer, nic: SeedServer["nics"][number]): PortRecord {
  return cloud.networks.createPort({
    networkId: nic.on.network.id,
    projectId: wanted.owner.project.id,
    name: `${wanted.name}-${nic.on.network.name}`,
    fixedIps: [{ subnetId: nic.on.subnet.id, address: nic.address }],
    securityGroupIds: nic.securityGroups?.map(({ id }) => id),
  });
}

function start(cloud: Cloud, server: ServerRecord, volumes: readonly VolumeRecord[]): void {
  const host = cloud.compute.schedule(server);
  if (!host) throw new Error(`no host of ${cloud.name} has room for ${server.name}`);
  server.host = host;
  cloud.compute.servers.set(server.id, server);
  for (const [index, volume] of volumes.entries()) {
    const device = server.disks[index]?.device ?? "";
    connectVolume(cloud.volumes, volume, { serverId: server.id, device, host: host.name, arrayHost: host.arrayHost });
  }
  for (const { portId } of server.nics) {
    cloud.networks.bind(portId, { serverId: server.id, host: host.name, zone: server.availabilityZone });
  }
  cloud.guests.boot(server);
}
