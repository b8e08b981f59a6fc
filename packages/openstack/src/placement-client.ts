import type { PlacementClient, ServerSize } from "./placement.ts";
import type { ServiceCaller } from "./request.ts";

/** 1.16 knows `limit`; every release that we serve has it, so nothing is negotiated. */
export const PLACEMENT_VERSION = "1.16";

/** Placement over HTTP. */
export class HttpPlacementClient implements PlacementClient {
  readonly #placement: ServiceCaller;

  constructor(placement: ServiceCaller) {
    this.#placement = placement;
  }

  async countHostsWithRoom(size: ServerSize, limit: number): Promise<number> {
    const amounts = { VCPU: size.vcpus, MEMORY_MB: size.ramMiB, DISK_GB: size.diskGiB };
    const resources = Object.entries(amounts)
      .filter(([, amount]) => amount > 0)
      .map(([name, amount]) => `${name}:${amount}`);
    const candidates = await this.#placement.list("/allocation_candidates", "allocation_requests", {
      resources: resources.join(","),
      limit: String(limit),
    });
    return candidates.length;
  }
}
