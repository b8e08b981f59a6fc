import type { LoadBalancerClient, LoadBalancerPool, PoolMember } from "./load-balancer.ts";
import type { ServiceCaller } from "./request.ts";

/** Octavia over HTTP. */
export class OctaviaClient implements LoadBalancerClient {
  readonly #octavia: ServiceCaller;
  readonly isOffered: () => Promise<boolean>;

  constructor(octavia: ServiceCaller, isOffered: () => Promise<boolean>) {
    this.#octavia = octavia;
    this.isOffered = isOffered;
  }

  async listPools({ projectId }: { readonly projectId: string }): Promise<readonly LoadBalancerPool[]> {
    const pools = await this.#octavia.list("/lbaas/pools", "pools", { project_id: projectId });
    return pools.map((pool) => ({
      id: pool.text("id"),
      name: pool.text("name"),
      memberCount: pool.optionalList("members").length,
    }));
  }

  async listPoolMembers(poolId: string): Promise<readonly PoolMember[]> {
    const members = await this.#octavia.list(`/lbaas/pools/${encodeURIComponent(poolId)}/members`, "members");
    return members.map((member) => ({
      id: member.text("id"),
      address: member.text("address"),
      port: member.number("protocol_port"),
      subnetId: member.textOrNull("subnet_id"),
    }));
  }
}
