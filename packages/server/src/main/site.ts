import { systemClock, systemRandom } from "@protector/ports";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { startApiWorker } from "./api-worker.ts";
import { startEngineWorker } from "./engine-worker.ts";
import type { WorkerPorts } from "./open-worker.ts";
import { prepareSite } from "./prepare-site.ts";
import { openSiteDatabase } from "./program.ts";

/** A whole site in this process. */
export interface RunningSite {
  readonly siteId: string;
  /** `http://host:port` of the API. */
  readonly url: string;
  /** Stops API and engine; work under way goes on at the next start. */
  close(): Promise<void>;
}

/**
 * Starts a site in one process: `db sync`, then API and engine, as `config` describes them. For sandboxes and tests; a
 * real site runs them as programs of their own.
 * @throws Error when the database or the address of the API cannot be used.
 */
export async function startSite(config: Config, log: Logger, ports: WorkerPorts = {}): Promise<RunningSite> {
  const { clock = systemClock, random = systemRandom } = ports;
  const database = openSiteDatabase(config, clock);
  try {
    const { siteId } = await prepareSite(config, { database, clock, random });
    const api = await startApiWorker(config, log.child({ component: "api" }), ports);
    try {
      const engine = await startEngineWorker(config, log.child({ component: "engine" }), ports);
      return { siteId, url: api.url, close: async () => void (await Promise.all([api.close(), engine.close()])) };
    } catch (error) {
      await api.close();
      throw error;
    }
  } finally {
    await database.close();
  }
}
