import type { Environment } from "../core/environment.ts";

/** A pool of a load balancer. */
export interface PoolRecord {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly loadBalancerId: string;
  readonly createdAt: number;
  readonly members: readonly PoolMemberRecord[];
}

/** A server that a pool sends to, known by its address alone. */
export interface PoolMemberRecord {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly subnetId: string | null;
}

/** Everything that one Octavia knows. */
export class LoadBalancerState {
  readonly environment: Environment;
  readonly pools = new Map<string, PoolRecord>();

  constructor(environment: Environment) {
    this.environment = environment;
  }
}
