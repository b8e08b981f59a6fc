import {
  type Clock,
  type HttpTransport,
  type Random,
  systemClock,
  systemRandom,
  UndiciTransport,
} from "@protector/ports";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { readKeyRing } from "../domain/key-ring.ts";
import { openMessageBus } from "../messaging/index.ts";
import { assembleApi } from "./assemble-api.ts";
import { openSiteDatabase } from "./program.ts";

/** A listening API. */
export interface ListeningApi {
  /** `http://host:port`, with the port that was taken when the one asked for was 0. */
  readonly url: string;
  /** Stops accepting, lets running requests end, closes everything. */
  close(): Promise<void>;
}

/** What differs from the machine's own in tests and in the sandbox. */
export interface WorkerPorts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly transport?: HttpTransport;
}

/**
 * One API process: opens what the configuration names and listens at `[api] bind_host` and `bind_port`.
 * @throws Error when the database, the key repository or the address cannot be used.
 */
export async function startApiWorker(config: Config, log: Logger, ports: WorkerPorts = {}): Promise<ListeningApi> {
  const { clock = systemClock, random = systemRandom } = ports;
  const ownTransport = new UndiciTransport();
  const transport = ports.transport ?? ownTransport.send;
  const database = openSiteDatabase(config, clock);
  const warn = (text: string) => log.warn(text);
  const bus = openMessageBus(config, { clock, warn, name: `protector-api.${process.pid}` });
  const close = async () => {
    await bus.close();
    await database.close();
    await ownTransport.close();
  };
  try {
    const keyRing = readKeyRing(config.secrets.key_repository);
    const api = await assembleApi({ config, database, keyRing, bus, transport, clock, random, log });
    const url = await api.app.listen({ host: config.api.bind_host, port: config.api.bind_port });
    return {
      url,
      close: async () => {
        await api.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
