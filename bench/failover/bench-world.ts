import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HttpResponse, HttpTransport } from "@protector/ports";
import type { SimulatedResponse, World } from "@protector/simulator";
import { openSqlite } from "../../packages/server/src/db/open-sqlite.ts";
import { createTwoSites, type TwoSites } from "../../test/world/two-sites.ts";
import type { CloudTimes } from "./cloud-times.ts";
import { WorkingClock } from "./working-clock.ts";

/** Two simulated sites whose calls and background work take the times of `times`, under a {@link WorkingClock}. */
export interface BenchWorld {
  readonly sites: TwoSites;
  readonly clock: WorkingClock;
  /** Folder of the databases: `site-a.sqlite`, `site-b.sqlite`. */
  readonly folder: string;
  /** Calls by service since the last {@link startCounting}. */
  readonly calls: ReadonlyMap<string, number>;
  /** From now on calls take their latencies and are counted; before, they answer at once. */
  startCounting(): void;
  stop(): Promise<void>;
}

const START = Date.UTC(2026, 0, 5, 8, 0, 0);
const UNLIMITED = { instances: -1, cores: -1, ram: -1 };

/**
 * Databases are SQLite files, as the sandbox has them: every commit of the journal is really written.
 * @param startMs first value of its clock; default a fixed day.
 */
export async function createBenchWorld(times: CloudTimes, startMs = START): Promise<BenchWorld> {
  const clock = new WorkingClock(startMs);
  const folder = mkdtempSync(join(tmpdir(), "protector-bench-"));
  const wire = new Wire(clock, times);
  const sites = await createTwoSites(1, {
    clock,
    servicesClock: clock.outsideClock,
    database: (name) => openSqlite({ path: join(folder, `${name}.sqlite`), clock }),
    link: { transferMs: times.transferMs },
    cloud: {
      computeDurations: times.compute,
      volumeDurations: times.volume,
      quotas: { compute: UNLIMITED, volume: { volumes: -1, gigabytes: -1 }, network: { port: -1 } },
      hosts: { count: 8 },
    },
    engines: (world) => ({ callsPerService: times.callsPerService, transport: wire.to(world) }),
  });
  return {
    sites,
    clock,
    folder,
    calls: wire.calls,
    startCounting: () => wire.startCounting(),
    stop: async () => {
      sites.stop();
      await Promise.all([sites.a.connection.close(), sites.b.connection.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The way to the services: latency on the clock, their own work off it. */
class Wire {
  readonly calls = new Map<string, number>();
  readonly #clock: WorkingClock;
  readonly #times: CloudTimes;
  #isCounting = false;

  constructor(clock: WorkingClock, times: CloudTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  startCounting(): void {
    this.calls.clear();
    this.#isCounting = true;
  }

  to(world: World): HttpTransport {
    const clock = this.#clock;
    const services = new Map(world.services.map((service) => [service.origin, service]));
    return async (request) => {
      const url = new URL(request.url);
      const service = services.get(url.origin);
      if (!service) throw new Error(`no service at ${url.origin}`);
      if (this.#isCounting) {
        this.calls.set(service.name, (this.calls.get(service.name) ?? 0) + 1);
        const latencyMs = this.#times.latencyOf(service.name);
        if (latencyMs > 0) await clock.sleep(latencyMs);
      }
      const answer = await clock.outside(() =>
        service.handle({
          method: request.method,
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body: request.body ?? "",
        }),
      );
      return clock.outside(() => encode(answer));
    };
  }
}

function encode({ status, headers: given, body }: SimulatedResponse): HttpResponse {
  const headers = Object.fromEntries(Object.entries(given ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  if (body === undefined || typeof body === "string") return { status, headers, body: body ?? "" };
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
