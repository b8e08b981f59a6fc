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
import type { DatabaseConnection } from "../db/index.ts";
import { type KeyRing, readKeyRing } from "../domain/key-ring.ts";
import { type MessageBus, openMessageBus } from "../messaging/index.ts";
import { openSiteDatabase } from "./program.ts";

/** What differs from the machine's own in tests and in the sandbox. */
export interface WorkerPorts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly transport?: HttpTransport;
}

/** What a worker of either program stands on. */
export interface WorkerBase {
  readonly config: Config;
  readonly database: DatabaseConnection;
  readonly keyRing: KeyRing;
  readonly bus: MessageBus;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
}

/** Which worker to start, and where. */
export interface WorkerOptions {
  /** Its connections are named after it. */
  readonly program: "protector-api" | "protector-engine";
  readonly config: Config;
  readonly log: Logger;
  readonly ports: WorkerPorts;
}

/**
 * Opens what the configuration names and starts a worker on it. All of it is closed after the worker, or when it does not
 * start.
 * @throws Error when the database or the key repository cannot be used, and what `start` throws.
 */
export async function openWorker<Worker extends { close(): Promise<void> }>(
  { program, config, log, ports }: WorkerOptions,
  start: (base: WorkerBase) => Promise<Worker>,
): Promise<Worker> {
  const { clock = systemClock, random = systemRandom } = ports;
  const ownTransport = new UndiciTransport();
  const transport = ports.transport ?? ownTransport.send;
  const database = openSiteDatabase(config, clock);
  const warn = (text: string) => log.warn(text);
  const bus = openMessageBus(config, { clock, warn, name: `${program}.${process.pid}` });
  const close = async () => {
    await bus.close();
    await database.close();
    await ownTransport.close();
  };
  try {
    const keyRing = readKeyRing(config.secrets.key_repository);
    const worker = await start({ config, database, keyRing, bus, transport, clock, random });
    return {
      ...worker,
      close: async () => {
        await worker.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
