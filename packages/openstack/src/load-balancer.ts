/**
 * Octavia v2, as much of it as readiness needs. Methods throw `OutsideError` (service `octavia`). Not every cloud has one:
 * see {@link isOffered}. Source of formats: https://docs.openstack.org/api-ref/load-balancer/v2/
 */
export interface LoadBalancerClient {
  /** Whether the catalog has a service of this type. */
  isOffered(): Promise<boolean>;
  /** Pools of a project; administrators, or who has one of Octavia's own roles. */
  listPools(filter: { readonly projectId: string }): Promise<readonly LoadBalancerPool[]>;
  listPoolMembers(poolId: string): Promise<readonly PoolMember[]>;
}

export interface LoadBalancerPool {
  readonly id: string;
  readonly name: string;
  readonly memberCount: number;
}

/** Where a pool sends to: an address, not a server. */
export interface PoolMember {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** Null = reached from the load balancer's own network. */
  readonly subnetId: string | null;
}
