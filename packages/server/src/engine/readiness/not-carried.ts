import { type Finding, info } from "./finding.ts";

/** What stands at the site of a group's servers that no recovery brings along. */
export interface NotCarried {
  readonly snapshots: readonly KeptCopy[];
  readonly backups: readonly KeptCopy[];
  /** Where load balancers send to. */
  readonly poolMembers: readonly PoolMembership[];
}

export interface KeptCopy {
  readonly name: string;
  readonly volumeId: string;
}

export interface PoolMembership {
  readonly pool: string;
  readonly address: string;
  readonly port: number;
  /** Null = any. */
  readonly subnetId: string | null;
}

/** A server, as far as things stand beside it. */
export interface CarriedServer {
  readonly name: string;
  readonly volumes: readonly { readonly id: string; readonly name: string }[];
  readonly addresses: readonly { readonly subnetId: string; readonly address: string }[];
  readonly floatingIps: readonly string[];
}

/** One finding for each server that has something which stays behind. */
export function notCarried(servers: readonly CarriedServer[], found: NotCarried): readonly Finding[] {
  return servers.flatMap((server) => {
    const left = leftOf(server, found);
    if (left.length === 0) return [];
    const reason = `Not carried by a recovery: ${left.join("; ")}.`;
    return [info({ check: "not_carried", subject: server.name, reason, remedy: null })];
  });
}

function leftOf({ volumes, addresses, floatingIps }: CarriedServer, found: NotCarried): readonly string[] {
  const ofVolumes = (copies: readonly KeptCopy[], one: string, many: string) =>
    volumes.flatMap(({ id, name }) => {
      const own = copies.filter(({ volumeId }) => volumeId === id);
      const what = own.length === 1 ? `1 ${one}` : `${own.length} ${many}`;
      return own.length === 0 ? [] : [`${what} of ${name || id} (${some(own.map((copy) => copy.name || "unnamed"))})`];
    });
  const pools = found.poolMembers.filter(({ address, subnetId }) =>
    addresses.some((own) => own.address === address && (subnetId === null || subnetId === own.subnetId)),
  );
  return [
    ...ofVolumes(found.snapshots, "snapshot", "snapshots"),
    ...ofVolumes(found.backups, "backup", "backups"),
    ...(pools.length === 0
      ? []
      : [
          `membership in load-balancer pool ${some(pools.map(({ pool, address, port }) => `${pool} (${address}:${port})`))}`,
        ]),
    ...(floatingIps.length === 0
      ? []
      : [`DNS records outside Neutron that name ${some(floatingIps)}, which is replaced`]),
  ];
}

/** Most names that one finding tells. */
const MOST_TOLD = 5;

function some(names: readonly string[]): string {
  const more = names.length - MOST_TOLD;
  return [...names.slice(0, MOST_TOLD), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
