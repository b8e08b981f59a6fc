import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { assembleApi } from "./assemble-api.ts";
import { openWorker, type WorkerPorts } from "./open-worker.ts";

/** A listening API. */
export interface ListeningApi {
  /** `http://host:port`, with the port that was taken when the one asked for was 0. */
  readonly url: string;
  /** Stops accepting, lets running requests end, closes everything. */
  close(): Promise<void>;
}

/**
 * One API process: opens what the configuration names and listens at `[api] bind_host` and `bind_port`.
 * @throws Error when the database, the key repository or the address cannot be used.
 */
export async function startApiWorker(config: Config, log: Logger, ports: WorkerPorts = {}): Promise<ListeningApi> {
  return openWorker({ program: "protector-api", config, log, ports }, async (base) => {
    const api = await assembleApi({ ...base, log });
    const url = await api.app.listen({ host: config.api.bind_host, port: config.api.bind_port });
    return { url, close: () => api.close() };
  });
}
