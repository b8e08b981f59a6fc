import type { Network, NetworkQuota } from "@protector/openstack";
import type { RecoveryPoint } from "@protector/storage";
import type { FailoverInput } from "./failover-input.ts";
import type { PodAtArray } from "./pod-checks.ts";

/** Everything that a test failover is planned from. Its mapping is that of tests, its members bear the tests' names. */
export interface TestInput extends FailoverInput {
  /** The point that is tested; undefined when there is none, with the reason. */
  readonly point: RecoveryPoint | undefined;
  readonly pointProblem: string | undefined;
  /** A person has said which point. */
  readonly isPointAsked: boolean;
  /** The target's half of the pod that the group is in; undefined = in none. */
  readonly half: (PodAtArray & { readonly name: string }) | undefined;
  /** Networks of the target that no test network stands for, by id: each is copied. */
  readonly copied: ReadonlyMap<string, Network>;
  /** Networks at the target that real recoveries use. */
  readonly productionNetworkIds: ReadonlySet<string>;
  readonly networkQuota: NetworkQuota;
  /** Hostnames that the guests keep, by member. */
  readonly hostnames: ReadonlyMap<string, string>;
  /** ms since the UNIX epoch. */
  readonly now: number;
}
