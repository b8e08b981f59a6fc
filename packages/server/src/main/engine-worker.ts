import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { Engine } from "../engine/engine.ts";
import type { EngineEvent } from "../engine/engine-events.ts";
import { Watches } from "../engine/watch/watches.ts";
import { assembleEngine } from "./assemble-engine.ts";
import { logEngineEvent } from "./engine-events-log.ts";
import { EngineMetrics } from "./engine-metrics.ts";
import { registerGroupMetrics } from "./group-metrics.ts";
import { openWorker, type WorkerBase, type WorkerPorts } from "./open-worker.ts";

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
  return openWorker({ program: "protector-engine", config, log, ports }, (base) => startEngine(base, log));
}

async function startEngine({ bus, ...parts }: WorkerBase, log: Logger): Promise<RunningEngine> {
  const { clock, transport, config } = parts;
  const metrics = new EngineMetrics(clock);
  const events = (event: EngineEvent) => {
    logEngineEvent(log, event);
    metrics.observe(event);
  };
  const enginePorts = await assembleEngine({ ...parts, events });
  registerGroupMetrics(metrics.registry, enginePorts);
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
    },
  };
}
