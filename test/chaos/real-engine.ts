import type { HttpTransport } from "@protector/ports";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import type { EngineEvent } from "../../packages/server/src/engine/engine-events.ts";
import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";
import type { MessageBus } from "../../packages/server/src/messaging/index.ts";
import type { FreshDatabase } from "../services/index.ts";
import { enginePorts } from "../world/site-engine.ts";
import type { TestSite } from "../world/test-site.ts";
import type { TwoSites } from "../world/two-sites.ts";
import { CutProxy } from "./cut-proxy.ts";

/** An engine as its own process has it. */
export interface RealEngineOptions {
  readonly host: string;
  readonly site: TestSite;
  /** The site's MariaDB, and the port that it listens on. */
  readonly database: FreshDatabase;
  readonly databasePort: number;
  /** Undefined: `transport_url = none://`. */
  readonly bus?: MessageBus;
  readonly sweepMs: number;
  readonly leaseMs?: number;
  readonly observer?: JournalObserver;
}

/** What an engine reported, and when, in ms of the world's clock. */
export type TimedEvent = EngineEvent & { readonly at: number; readonly host: string };

const NEVER = new Promise<never>(() => {});

/**
 * An engine with a database connection of its own, sweeping, and hearing messages: what `startEngineWorker` starts, around
 * the simulated clouds. It can be killed: its connections break, and no call of it leaves or is answered any more.
 */
export class RealEngine {
  readonly events: TimedEvent[] = [];
  readonly proxy: CutProxy;
  readonly #engine: Engine;
  readonly #bus: MessageBus | undefined;
  #isDead = false;

  private constructor(sites: TwoSites, options: RealEngineOptions, proxy: CutProxy) {
    const { site, host, database, bus, sweepMs, leaseMs = 30_000, observer } = options;
    this.proxy = proxy;
    const transport: HttpTransport = async (request) => {
      if (this.#isDead) return NEVER;
      const answer = await sites.world.transport(request);
      return this.#isDead ? NEVER : answer;
    };
    const usual = enginePorts(sites.world, site, [], { host, transport, ...(observer ? { observer } : {}) });
    this.#engine = new Engine({
      ...usual,
      connection: database.another(proxy.port),
      events: (event) => this.events.push({ ...event, at: sites.clock.now(), host }),
      settings: { ...usual.settings, sweepMs, leaseMs },
    });
    this.#bus = bus;
  }

  static async start(sites: TwoSites, options: RealEngineOptions): Promise<RealEngine> {
    const engine = new RealEngine(sites, options, await CutProxy.open(options.databasePort));
    engine.#engine.start();
    engine.#bus?.subscribe((operationId) => engine.#engine.look(operationId));
    return engine;
  }

  /** Takes operations that this engine was seen to take. */
  taken(operationId: string): readonly TimedEvent[] {
    return this.events.filter((event) => event.kind === "operation_taken" && event.operationId === operationId);
  }

  /** As `kill -9` of its process does. */
  async kill(): Promise<void> {
    this.#isDead = true;
    await this.proxy.close();
  }

  async stop(): Promise<void> {
    await this.#bus?.close();
    if (!this.#isDead) await this.#engine.stop();
    await this.proxy.close();
  }
}
