import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Clock, type HttpTransport, type Random, systemTcpProbe, type TlsOptions } from "@protector/ports";
import { driverByUrl, flashArrayDriver, mockDriver } from "@protector/storage";
import type { BackendConfig, Config } from "../config/index.ts";
import type { DatabaseConnection } from "../db/index.ts";
import type { KeyRing } from "../domain/key-ring.ts";
import { SecretStore } from "../domain/secrets.ts";
import type { EngineEvents } from "../engine/engine-events.ts";
import type { EnginePorts, EngineSettings, StorageBackend } from "../engine/engine-ports.ts";
import { serviceCloudOptions } from "../keystone/index.ts";

/** What an engine is made of; everything outside is given. */
export interface EngineParts {
  readonly config: Config;
  /** Migrated, with the site's identity in it. */
  readonly database: DatabaseConnection;
  readonly keyRing: KeyRing;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EngineEvents;
}

/**
 * The ports of an engine as the configuration describes them.
 * @throws ProtectorError `secrets.unavailable` when this host's keys are not the database's; Error when a file cannot be
 * read or a backend has a driver that this release does not have.
 */
export async function assembleEngine(parts: EngineParts): Promise<EnginePorts> {
  const { config, database, keyRing, transport, clock, random, events } = parts;
  const secrets = new SecretStore(keyRing, random);
  await secrets.requireCanary(database.db, clock.now());
  const arrays = config.backends.filter(({ driver }) => driver === "mock").map(({ name }) => name);
  const mock = mockDriver({ directory: join(config.DEFAULT.state_path, "mock_storage"), arrays, clock, random });
  return {
    connection: database,
    transport,
    tcpProbe: systemTcpProbe,
    clock,
    random,
    secrets,
    events,
    storageDriver: (through) =>
      driverByUrl({ flasharray: flashArrayDriver({ transport: through, clock, random }), mock }),
    settings: engineSettings(config),
  };
}

/** What the configuration says of engines. @throws Error when a file cannot be read or a driver is not known. */
export function engineSettings(config: Config): EngineSettings {
  const { engine } = config;
  return {
    host: `${config.DEFAULT.host ?? hostname()}:${process.pid}`,
    ownCloud: serviceCloudOptions(config),
    backends: config.backends.map(backendOf),
    groupTypeName: config.cinder.group_type,
    leaseMs: engine.lease_seconds * 1000,
    sweepMs: engine.sweep_interval * 1000,
    operationsAtOnce: engine.max_operations,
    callsPerService: engine.calls_per_service,
    callsPerArray: engine.calls_per_array,
    markerMs: engine.marker_interval * 1000,
    peerMs: engine.peer_interval * 1000,
    readinessMs: engine.readiness_interval * 1000,
    readinessHistoryDays: engine.readiness_history_days,
    drillOverdueDays: engine.drill_overdue_days,
    recoveryPointMs: engine.recovery_point_interval * 1000,
    callTimeoutMs: engine.call_timeout * 1000,
    planWaitMs: engine.plan_wait * 1000,
    policyArrayTls: tlsOf(config.storage),
    hooks: {
      networks: config.hooks.networks,
      tls: tlsOf({ insecure: false, ssl_ca_file: config.hooks.ssl_ca_file }),
    },
  };
}

function backendOf(backend: BackendConfig): StorageBackend {
  const { name, driver, fa_url, fa_api_token } = backend;
  if (driver === "mock") return { name, url: `mock://${name}`, apiToken: "", tls: {}, cinderHost: backend.cinder_host };
  if (driver !== "flasharray" || fa_url === undefined || fa_api_token === undefined) {
    throw new Error(`[${name}] driver ${driver} cannot be used: this release has the drivers flasharray and mock`);
  }
  return { name, url: fa_url, apiToken: fa_api_token, tls: tlsOf(backend), cinderHost: backend.cinder_host };
}

function tlsOf({ insecure, ssl_ca_file }: Pick<BackendConfig, "insecure" | "ssl_ca_file">): TlsOptions {
  return { insecure, ...(ssl_ca_file === undefined ? {} : { ca: readFileSync(ssl_ca_file, "utf8") }) };
}
