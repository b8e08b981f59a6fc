import type { Cloud } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import type { FailoverMember } from "../plans/failover-input.ts";
import { type Finding, info } from "../readiness/finding.ts";
import { type NotCarried, notCarried } from "../readiness/not-carried.ts";
import type { SiteAccess } from "../world/site-access.ts";

/**
 * Names what stands beside each server and stays behind. The lists are of the whole project: a round asks for them once,
 * however many of its groups and servers it looks at; pools of load balancers are asked one by one, also once.
 */
export async function lookForNotCarried(
  site: SiteAccess,
  members: readonly FailoverMember[],
): Promise<readonly Finding[]> {
  const unseen: Finding[] = [];
  const { admin, projectId, siteName } = site;
  const look = async <T>(what: string, ask: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await ask();
    } catch (error) {
      // What is only told keeps nothing else from being looked at.
      if (!(error instanceof OutsideError)) throw error;
      const reason = `${what} at ${siteName} could not be looked at, so nothing is said of what stays behind: ${error.message}`;
      unseen.push(info({ check: "not_carried.unseen", subject: siteName, reason, remedy: null }));
      return [];
    }
  };
  const found: NotCarried = {
    snapshots: await look("Snapshots", () => admin.volume.listSnapshots({ projectId })),
    backups: await look("Backups", () => admin.volume.listBackups({ projectId })),
    poolMembers: await look("Load balancers", () => poolMembers(admin, projectId)),
  };
  const servers = members.map(({ name, description }) => ({
    name,
    volumes: description.volumes.map((volume) => ({ id: volume.volume_id, name: volume.name })),
    addresses: description.ports.flatMap((port) =>
      port.fixed_ips.map(({ subnet_id: subnetId, address }) => ({ subnetId, address })),
    ),
    floatingIps: description.ports.flatMap((port) => port.floating_ips.map(({ address }) => address)),
  }));
  return [...notCarried(servers, found), ...unseen];
}

async function poolMembers({ loadBalancer }: Cloud, projectId: string): Promise<NotCarried["poolMembers"]> {
  if (!(await loadBalancer.isOffered())) return [];
  const pools = (await loadBalancer.listPools({ projectId })).filter(({ memberCount }) => memberCount > 0);
  const members = await Promise.all(
    pools.map(async ({ id, name }) =>
      (await loadBalancer.listPoolMembers(id)).map((member) => ({ ...member, pool: name || id })),
    ),
  );
  return members.flat();
}
