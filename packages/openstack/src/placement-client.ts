import type { Fields } from "./answer.ts";
import type { HostRequest, HostRoom, PlacementClient } from "./placement.ts";
import type { ServiceCaller } from "./request.ts";

/** 1.22 knows `limit` and traits that a host must not have; every release that we serve has it: nothing is negotiated. */
export const PLACEMENT_VERSION = "1.22";

/** Placement over HTTP. */
export class HttpPlacementClient implements PlacementClient {
  readonly #placement: ServiceCaller;

  constructor(placement: ServiceCaller) {
    this.#placement = placement;
  }

  async roomFor(request: HostRequest, hosts: number): Promise<HostRoom> {
    // Powers of two, so that groups of nearly the same size ask the same question.
    const limit = 2 ** Math.ceil(Math.log2(Math.max(1, hosts)));
    const { candidates, summaries } = await this.#candidates(request, limit);
    const allocations = candidates.map((candidate) => candidate.object("allocations"));
    const providers = [...new Set(allocations.flatMap((each) => each.keys()))];
    const free = Object.fromEntries(providers.map((id) => [id, freeOf(summaries.object(id).object("resources"))]));
    const servers = allocations.reduce((total, each) => total + serversOf(each, free), 0);
    return { servers, isEveryHost: candidates.length < limit, free };
  }

  async #candidates({ resources, traits }: HostRequest, limit: number) {
    const amounts = Object.entries(resources).map(([name, amount]) => `${name}:${amount}`);
    const answer = await this.#placement.send({
      method: "GET",
      path: "/allocation_candidates",
      query: {
        resources: amounts.join(","),
        required: traits.length > 0 ? traits.join(",") : undefined,
        limit: String(limit),
      },
    });
    const fields = answer.fields();
    return { candidates: fields.list("allocation_requests"), summaries: fields.object("provider_summaries") };
  }
}

function freeOf(resources: Fields): Readonly<Record<string, number>> {
  const left = (name: string) => resources.object(name).number("capacity") - resources.object(name).number("used");
  return Object.fromEntries(resources.keys().map((name) => [name, left(name)]));
}

/** How often an allocation fits into the providers that it names: once at least, Placement says. */
function serversOf(allocation: Fields, free: HostRoom["free"]): number {
  const fits = allocation.keys().flatMap((provider) => {
    const wanted = allocation.object(provider).object("resources");
    return wanted.keys().map((name) => Math.floor((free[provider]?.[name] ?? 0) / wanted.number(name)));
  });
  return Math.max(1, Math.min(...fits));
}
