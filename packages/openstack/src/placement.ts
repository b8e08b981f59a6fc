/**
 * Placement, as much of it as capacity checks need; administrators only. Methods throw `OutsideError` (service
 * `placement`). Source of formats: https://docs.openstack.org/api-ref/placement/
 */
export interface PlacementClient {
  /**
   * What the hosts that could take one such server have left; of at least `hosts` of them, when there are so many. Nothing is
   * held: another server may take the place before ours comes. Placement answers 400 (`final`) when it does not know a named
   * resource or trait.
   */
  roomFor(request: HostRequest, hosts: number): Promise<HostRoom>;
}

/** What hosts have left for servers of one kind. */
export interface HostRoom {
  /** Servers of the kind that they could take together, at most. */
  readonly servers: number;
  /** Whether no host is left out that could take one. */
  readonly isEveryHost: boolean;
  /** What is left of each resource class that was asked for, by resource provider. */
  readonly free: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What one server asks of a host. */
export interface HostRequest {
  /** Amounts by resource class: `VCPU`, `MEMORY_MB`, `DISK_GB`, …; at least one, none of them 0. */
  readonly resources: Readonly<Record<string, number>>;
  /** Traits that the host must have, or must not have (`!` in front). */
  readonly traits: readonly string[];
}
