/**
 * Placement, as much of it as capacity checks need; administrators only. Methods throw `OutsideError` (service
 * `placement`). Source of formats: https://docs.openstack.org/api-ref/placement/
 */
export interface PlacementClient {
  /**
   * On how many hosts one server of this size would fit now, counted up to `limit`. Nothing is held: another server may
   * take the place before ours comes.
   */
  countHostsWithRoom(size: ServerSize, limit: number): Promise<number>;
}

/** What one server takes of a host. Zero = none of it. */
export interface ServerSize {
  readonly vcpus: number;
  readonly ramMiB: number;
  /** Root, ephemeral and swap disks on the host; none for a server booted from a volume. */
  readonly diskGiB: number;
}
