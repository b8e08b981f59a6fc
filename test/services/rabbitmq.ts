import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "./binaries.ts";
import { answers, Daemon } from "./daemon.ts";
import { freePort } from "./free-port.ts";

/** First bytes of AMQP 0-9-1; a broker that is up answers them. */
const AMQP_GREETING = "AMQP\0\0\x09\x01";

/** A private RabbitMQ with its own Erlang port mapper; nothing listens beyond loopback. */
export interface Rabbitmq {
  readonly daemon: Daemon;
  readonly port: number;
  /** All that it and its port mapper listen on. */
  readonly ports: readonly number[];
  /** AMQP URL of its one user. */
  readonly url: string;
  /** Stops it and deletes its data. */
  close(): Promise<void>;
}

/** Starts a RabbitMQ of its own on a free port of 127.0.0.1. */
export async function startRabbitmq(): Promise<Rabbitmq> {
  const directory = mkdtempSync(join(tmpdir(), "protector-rabbitmq-"));
  const [port, distributionPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  writeFiles(directory, port);
  const erlang = { HOME: directory, ERL_EPMD_PORT: String(mapperPort), ERL_EPMD_ADDRESS: "127.0.0.1" };
  const mapper = new Daemon({
    name: "epmd",
    command: requireProgram("epmd"),
    args: ["-address", "127.0.0.1", "-port", String(mapperPort)],
    env: erlang,
    directory,
    // NAMES_REQ of the port mapper's protocol.
    isReady: () => answers(mapperPort, "\0\x01n"),
  });
  const daemon = new Daemon({
    name: "RabbitMQ",
    command: requireProgram("rabbitmq-server"),
    args: [],
    env: {
      ...erlang,
      RABBITMQ_NODENAME: `protector-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
      RABBITMQ_CONF_ENV_FILE: join(directory, "rabbitmq-env.conf"),
      RABBITMQ_CONFIG_FILE: join(directory, "rabbitmq.conf"),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, "advanced.config"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, "enabled_plugins"),
      RABBITMQ_MNESIA_BASE: join(directory, "mnesia"),
      RABBITMQ_LOG_BASE: join(directory, "log"),
      RABBITMQ_GENERATED_CONFIG_DIR: join(directory, "generated"),
      RABBITMQ_SCHEMA_DIR: join(directory, "schema"),
      RABBITMQ_PID_FILE: join(directory, "rabbitmq.pid"),
    },
    directory,
    isReady: () => answers(port, AMQP_GREETING),
  });
  await mapper.start();
  const close = async () => {
    await daemon.stop();
    await mapper.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  await daemon.start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const ports = [port, distributionPort, mapperPort];
  return { daemon, port, ports, url: `amqp://protector:RABBIT_PASS@127.0.0.1:${port}/`, close };
}

function writeFiles(directory: string, port: number): void {
  writeFileSync(
    join(directory, "rabbitmq.conf"),
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      "default_user = protector",
      "default_pass = RABBIT_PASS",
      "loopback_users = none",
      "disk_free_limit.absolute = 50MB",
      "log.console = true",
      "log.file = false",
      "log.default.level = warning",
      "",
    ].join("\n"),
  );
  writeFileSync(join(directory, "rabbitmq-env.conf"), "");
  writeFileSync(join(directory, "advanced.config"), "[].\n");
  writeFileSync(join(directory, "enabled_plugins"), "[].\n");
  const cookie = join(directory, ".erlang.cookie");
  writeFileSync(cookie, `PROTECTOR${port}`);
  chmodSync(cookie, 0o400);
}
