/**
 * Placement, as much of it as capacity checks need; administrators only. Methods throw `OutsideError` (service
 * `placement`). Source of formats: https://docs.openstack.org/api-ref/placement/
 */
export interface PlacementClient {
  /**
   * On how many hosts one server that asks for this would fit now, counted up to `limit`. Nothing is held: another server
   * may take the place before ours comes. Placement answers 400 (`final`) when it does not know a named resource or trait.
   */
  countHostsWithRoom(request: HostRequest, limit: number): Promise<number>;
}

/** What one server asks of a host. */
export interface HostRequest {
  /** Amounts by resource class: `VCPU`, `MEMORY_MB`, `DISK_GB`, …; at least one, none of them 0. */
  readonly resources: Readonly<Record<string, number>>;
  /** Traits that the host must have, or must not have (`!` in front). */
  readonly traits: readonly string[];
}
