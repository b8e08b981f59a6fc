import type { OptionTable } from "./option.ts";

/** `[oslo_messaging_rabbit]`, under the names that other OpenStack services use. */
export const MESSAGING_OPTIONS = {
  oslo_messaging_rabbit: {
    ssl: { type: "bool", default: "false", help: "Speak TLS with RabbitMQ." },
    ssl_ca_file: { type: "path", help: "PEM file of the authorities that RabbitMQ's certificate must come from." },
    ssl_cert_file: { type: "path", help: "PEM file of our own certificate." },
    ssl_key_file: { type: "path", help: "PEM file of its key." },
    rabbit_retry_interval: {
      type: "int",
      default: "1",
      min: 1,
      help: "Seconds until the first attempt to connect again; the pause doubles with each one.",
    },
    rabbit_interval_max: { type: "int", default: "30", min: 1, help: "Longest pause between attempts, in seconds." },
    heartbeat_timeout_threshold: {
      type: "int",
      default: "60",
      min: 0,
      help: "Seconds without a sign of life after which a connection is lost; 0 = never.",
    },
    rabbit_quorum_queue: {
      type: "bool",
      default: "false",
      help: "Declare the queue as a quorum queue. An existing queue of the other kind must be deleted first.",
    },
    rabbit_quorum_delivery_limit: {
      type: "int",
      default: "0",
      min: 0,
      help: "Deliveries after which RabbitMQ drops a message of a quorum queue; 0 = its own limit.",
    },
    rabbit_qos_prefetch_count: {
      type: "int",
      default: "0",
      min: 0,
      help: "Messages that one engine takes before it has finished the earlier ones; 0 = as many as max_operations.",
    },
  },
} as const satisfies OptionTable;
