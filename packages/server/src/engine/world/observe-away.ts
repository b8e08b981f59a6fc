import type { AwayMember } from "../plans/failback-input.ts";
import { makerOfPort } from "./own-objects.ts";
import type { SiteAccess } from "./site-access.ts";

/** Cinder groups that volumes of a site are in. */
export async function cinderGroupsOf({ reads }: SiteAccess, volumeIds: readonly string[]): Promise<readonly string[]> {
  const own = new Set(volumeIds);
  const groups = (await reads.volumes()).filter(({ id }) => own.has(id)).map(({ groupId }) => groupId);
  return [...new Set(groups)].filter((id) => id !== null);
}

/** End of the names of server groups that Protector makes. */
const OWN_SERVER_GROUP = /\(protector-[0-9a-f]{12}\)$/;

/**
 * Looks at what goes with a server from a site that it is to be deleted from: what Protector made for it.
 * @param server `portIds` go too, whoever made them.
 */
export async function observeAway(
  site: SiteAccess,
  server: { readonly serverId: string; readonly arrayVolumes: readonly string[]; readonly portIds?: readonly string[] },
): Promise<AwayMember> {
  const { network, compute } = site.admin;
  const [ports, floatingIps, groups, volumes] = await Promise.all([
    network.listPorts({ deviceId: server.serverId }),
    network.listFloatingIps({ projectId: site.projectId }),
    compute.listServerGroups(true),
    site.array.findVolumes(server.arrayVolumes),
  ]);
  const { portIds = [] } = server;
  const own = ports.filter((port) => makerOfPort(port) !== undefined || portIds.includes(port.id)).map(({ id }) => id);
  return {
    portIds: own,
    floatingIps: floatingIps
      .filter(({ portId, description }) => own.includes(portId ?? "") && description.startsWith("protector-"))
      .map(({ id, address }) => ({ id, address })),
    serverGroupIds: groups
      .filter(({ name, memberIds }) => memberIds.includes(server.serverId) && OWN_SERVER_GROUP.test(name))
      .map(({ id }) => id),
    arrayIds: new Map(volumes.map(({ name, id }) => [name, id])),
  };
}
