import type { HostRequest, PlacementClient } from "./placement.ts";
import type { ServiceCaller } from "./request.ts";

/** 1.22 knows `limit` and traits that a host must not have; every release that we serve has it: nothing is negotiated. */
export const PLACEMENT_VERSION = "1.22";

/** Placement over HTTP. */
export class HttpPlacementClient implements PlacementClient {
  readonly #placement: ServiceCaller;

  constructor(placement: ServiceCaller) {
    this.#placement = placement;
  }

  async countHostsWithRoom({ resources, traits }: HostRequest, limit: number): Promise<number> {
    const amounts = Object.entries(resources).map(([name, amount]) => `${name}:${amount}`);
    const candidates = await this.#placement.list("/allocation_candidates", "allocation_requests", {
      resources: amounts.join(","),
      ...(traits.length > 0 ? { required: traits.join(",") } : {}),
      limit: String(limit),
    });
    return candidates.length;
  }
}
