import { readFileSync } from "node:fs";
import type { Clock } from "@protector/ports";
import type { Config } from "../config/index.ts";
import type { MessageBus } from "./message-bus.ts";
import { noneBus } from "./none-bus.ts";
import { RabbitBus } from "./rabbit-bus.ts";
import { parseTransportUrl } from "./transport-url.ts";

/** Longest wait of a request for RabbitMQ, in ms. */
const CONFIRM_WITHIN_MS = 2_000;
/** A hint that fails this often is not worth a further try: the sweep looks after its operation. */
const MOST_ATTEMPTS = 5;

/** What the bus needs beside the configuration. */
export interface MessageBusPorts {
  readonly clock: Clock;
  readonly warn: (text: string) => void;
  /** Program and host, as the broker lists them: `protector-engine.host`. */
  readonly name: string;
}

/**
 * The bus that `transport_url` names; it connects by itself and keeps doing so.
 * @throws Error when `transport_url` or a TLS file cannot be read.
 */
export function openMessageBus(config: Config, ports: MessageBusPorts): MessageBus {
  const parsed = parseTransportUrl(config.DEFAULT.transport_url);
  if ("fault" in parsed) throw new Error(`[DEFAULT] transport_url ${parsed.fault}`);
  const { transport } = parsed;
  if (transport.kind === "none") return noneBus;
  const rabbit = config.oslo_messaging_rabbit;
  const limit = rabbit.rabbit_quorum_delivery_limit;
  return new RabbitBus({
    transport,
    exchange: config.DEFAULT.control_exchange,
    connectionName: ports.name,
    retryLowMs: rabbit.rabbit_retry_interval * 1000,
    retryHighMs: rabbit.rabbit_interval_max * 1000,
    heartbeatSeconds: rabbit.heartbeat_timeout_threshold,
    isQuorum: rabbit.rabbit_quorum_queue,
    prefetch: rabbit.rabbit_qos_prefetch_count || config.engine.max_operations,
    mostAttempts: MOST_ATTEMPTS,
    confirmWithinMs: CONFIRM_WITHIN_MS,
    clock: ports.clock,
    warn: ports.warn,
    ...(limit > 0 ? { deliveryLimit: limit } : {}),
    ...(rabbit.ssl ? { tls: tlsFiles(rabbit) } : {}),
  });
}

function tlsFiles(rabbit: Config["oslo_messaging_rabbit"]) {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, "utf8"));
  const [ca, cert, key] = [rabbit.ssl_ca_file, rabbit.ssl_cert_file, rabbit.ssl_key_file].map(read);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
