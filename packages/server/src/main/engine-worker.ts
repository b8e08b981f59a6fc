import { systemClock, systemRandom, UndiciTransport } from "@protector/ports";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { readKeyRing } from "../domain/key-ring.ts";
import { Engine } from "../engine/engine.ts";
import type { EngineEvent } from "../engine/engine-events.ts";
import { Watches } from "../engine/watch/watches.ts";
import { openMessageBus } from "../messaging/index.ts";
import type { WorkerPorts } from "./api-worker.ts";
import { assembleEngine } from "./assemble-engine.ts";
import { logEngineEvent } from "./engine-events-log.ts";
import { EngineMetrics } from "./engine-metrics.ts";
import { openSiteDatabase } from "./program.ts";

/** An engine at work. */
export interface RunningEngine {
  /** Takes nothing new, lets calls under way finish, gives every lease back, closes everything. */
  close(): Promise<void>;
}

/**
 * One engine: opens what the configuration names, looks for work and waits for announcements.
 * @throws Error when the database, the key repository or a backend cannot be used.
 */
export async function startEngineWorker(config: Config, log: Logger, ports: WorkerPorts = {}): Promise<RunningEngine> {
  const { clock = systemClock, random = systemRandom } = ports;
  const ownTransport = new UndiciTransport();
  const transport = ports.transport ?? ownTransport.send;
  const database = openSiteDatabase(config, clock);
  const warn = (text: string) => log.warn(text);
  const bus = openMessageBus(config, { clock, warn, name: `protector-engine.${process.pid}` });
  const close = async () => {
    await bus.close();
    await database.close();
    await ownTransport.close();
  };
  try {
    const keyRing = readKeyRing(config.secrets.key_repository);
    const parts = { config, database, keyRing, transport, clock, random };
    const metrics = new EngineMetrics(clock);
    const events = (event: EngineEvent) => {
      logEngineEvent(log, event);
      metrics.observe(event);
    };
    const enginePorts = await assembleEngine({ ...parts, events });
    const { metrics_bind: bind } = config.engine;
    const metricsServer = bind === undefined ? undefined : await metrics.serve(bind);
    const engine = new Engine({ ...enginePorts, transport: metrics.timeCalls(transport, "operation") });
    const watchPorts = { ...enginePorts, transport: metrics.timeCalls(transport, "watch") };
    const watches = new Watches(watchPorts, { messaging: () => bus.state() });
    watches.start();
    engine.start();
    const subscription = bus.subscribe((operationId) => engine.look(operationId));
    return {
      close: async () => {
        await subscription.close();
        await Promise.all([engine.stop(), watches.stop()]);
        await metricsServer?.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
