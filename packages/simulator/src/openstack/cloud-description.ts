import type { Cloud } from "./cloud.ts";
import { statusOf } from "./nova/server-view.ts";

type Plain = Readonly<Record<string, unknown>>;

/** A cloud as plain data; every list is sorted by name, then id. */
export interface CloudDescription {
  readonly name: string;
  readonly servers: readonly Plain[];
  readonly volumes: readonly Plain[];
  readonly volumeGroups: readonly Plain[];
  readonly networks: readonly Plain[];
  readonly ports: readonly Plain[];
  readonly floatingIps: readonly Plain[];
  readonly securityGroups: readonly Plain[];
  readonly serverGroups: readonly Plain[];
  readonly keypairs: readonly Plain[];
  readonly trusts: readonly Plain[];
}

/** Everything of a cloud that an operation could leave behind. Times, hosts and request ids are left out. */
export function describeCloud(cloud: Cloud): CloudDescription {
  const { compute, volumes, networks } = cloud;
  return {
    name: cloud.name,
    servers: sorted(compute.servers.values(), (server) => ({
      id: server.id,
      name: server.name,
      description: server.description,
      project: projectName(cloud, server.projectId),
      status: statusOf(server),
      task: server.taskState,
      lockedBy: server.lockedBy ?? null,
      lockedReason: server.lockedReason,
      flavor: server.flavor.name,
      keyName: server.keyName,
      hostname: server.hostname,
      hasUserData: server.userData !== null,
      hasConfigDrive: server.hasConfigDrive,
      metadata: server.metadata,
      tags: [...server.tags].sort(),
      serverGroup: compute.serverGroups.get(server.serverGroupId ?? "")?.name ?? null,
      volumes: server.disks.map(({ volumeId, device, deleteOnTermination }) => ({
        id: volumeId,
        name: volumes.volumes.get(volumeId)?.name,
        device,
        deleteOnTermination,
      })),
      ports: server.nics.map(({ portId }) => portId),
      isRunning: cloud.guests.find(server.id)?.isRunning ?? false,
    })),
    volumes: describeVolumes(cloud),
    volumeGroups: sorted(volumes.groups.values(), (group) => ({
      id: group.id,
      name: group.name,
      project: projectName(cloud, group.projectId),
      status: group.status,
    })),
    networks: sorted(networks.networks.values(), (network) => ({
      id: network.id,
      name: network.name,
      project: projectName(cloud, network.projectId),
      subnets: networks.subnetsOf(network.id).map(({ cidr }) => cidr),
    })),
    ...describePorts(cloud),
    securityGroups: sorted(networks.securityGroups.values(), (group) => ({
      id: group.id,
      name: group.name,
      project: projectName(cloud, group.projectId),
      rules: group.rules.length,
    })),
    serverGroups: sorted(compute.serverGroups.values(), (group) => ({
      id: group.id,
      name: group.name,
      policy: group.policy,
      members: compute
        .membersOf(group)
        .map(({ name }) => name)
        .sort(),
    })),
    keypairs: sorted(compute.keypairs.values(), ({ name, userId }) => ({
      name,
      user: cloud.identity.users.get(userId)?.name,
    })),
    trusts: [...cloud.identity.trusts.values()].map((trust) => ({
      trustor: cloud.identity.users.get(trust.trustorId)?.name,
      trustee: cloud.identity.users.get(trust.trusteeId)?.name,
      project: projectName(cloud, trust.projectId),
    })),
  };
}

function describeVolumes(cloud: Cloud): readonly Plain[] {
  const { volumes } = cloud;
  return sorted(volumes.volumes.values(), (volume) => ({
    id: volume.id,
    name: volume.name,
    description: volume.description,
    project: projectName(cloud, volume.projectId),
    status: volume.status,
    sizeGiB: volume.sizeGiB,
    type: volumes.types.get(volume.typeId)?.name,
    isBootable: volume.isBootable,
    metadata: volume.metadata,
    imageMetadata: volume.imageMetadata,
    arrayVolume: volume.providerId ?? null,
    group: volumes.groups.get(volume.groupId ?? "")?.name ?? null,
    attachedTo: volume.attachments.map(({ serverId }) => serverId),
    isConnected: volume.attachments.some(({ arrayHost }) => arrayHost !== undefined),
  }));
}

function describePorts(cloud: Cloud): Pick<CloudDescription, "ports" | "floatingIps"> {
  const { networks } = cloud;
  return {
    ports: sorted(networks.ports.values(), (port) => ({
      id: port.id,
      name: port.name,
      project: projectName(cloud, port.projectId),
      network: networks.networks.get(port.networkId)?.name,
      macAddress: port.macAddress,
      addresses: port.fixedIps.map(({ address }) => address),
      deviceId: port.deviceId,
      status: port.status,
      securityGroups: port.securityGroupIds.map((id) => networks.securityGroups.get(id)?.name).sort(),
    })),
    floatingIps: sorted(
      [...networks.floatingIps.values()].map((floating) => ({ ...floating, name: floating.address })),
      ({ id, address, fixedIp, portId }) => ({ id, name: address, fixedIp, portId }),
    ),
  };
}

const projectName = (cloud: Cloud, id: string) => cloud.identity.projects.get(id)?.name ?? id;

function sorted<T extends { readonly name: string; readonly id?: string }>(
  records: Iterable<T>,
  view: (record: T) => Plain,
): readonly Plain[] {
  const key = (record: T) => `${record.name} ${record.id ?? ""}`;
  return [...records].sort((a, b) => (key(a) < key(b) ? -1 : 1)).map(view);
}
