import type { CloudOptions } from "@protector/openstack";
import type { Clock, HttpTransport, Random, TcpProbe, TlsOptions } from "@protector/ports";
import type { StorageDriver } from "@protector/storage";
import type { DatabaseConnection } from "../db/connection.ts";
import type { SecretStore } from "../domain/secrets.ts";
import type { EngineEvents } from "./engine-events.ts";
import type { JournalObserver } from "./runner/journal.ts";

/** Everything that an engine needs from outside. */
export interface EnginePorts {
  readonly connection: DatabaseConnection;
  readonly transport: HttpTransport;
  /** Looks whether a recovered server listens. */
  readonly tcpProbe: TcpProbe;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: SecretStore;
  readonly events: EngineEvents;
  /** Told around every commit of a journal. */
  readonly observer?: JournalObserver;
  /** Makes a storage driver that calls out through the given transport. */
  readonly storageDriver: (transport: HttpTransport) => Pick<StorageDriver, "connect">;
  readonly settings: EngineSettings;
}

/** An array that protector.conf names. */
export interface StorageBackend {
  readonly name: string;
  readonly url: string;
  readonly apiToken: string;
  readonly tls: TlsOptions;
  /** `host@backend#pool` of the Cinder backend on it; undefined = learned. */
  readonly cinderHost: string | undefined;
}

export interface EngineSettings {
  /** Names this engine: host and process. */
  readonly host: string;
  /** This site's Keystone and service user, as `[keystone_authtoken]` has them. */
  readonly ownCloud: CloudOptions;
  readonly backends: readonly StorageBackend[];
  /** `[cinder] group_type` */
  readonly groupTypeName: string;
  /** ms; default of the design: 30 000. */
  readonly leaseMs: number;
  /** ms between two looks for work whose message was lost. */
  readonly sweepMs: number;
  /** Most operations at once. */
  readonly operationsAtOnce: number;
  /** Most calls at once to one OpenStack service of one site. */
  readonly callsPerService: number;
  /** Most calls at once to one array. */
  readonly callsPerArray: number;
  /** ms between two looks at the markers. */
  readonly markerMs: number;
  /** ms between two looks at whether the other site answers. */
  readonly peerMs: number;
  /** ms between two looks at a group's readiness. */
  readonly readinessMs: number;
  /** Days that a readiness finding is kept after it is gone. */
  readonly readinessHistoryDays: number;
  /** Days after which a group without a successful test is told. */
  readonly drillOverdueDays: number;
  /** ms between two looks at the recovery points. */
  readonly recoveryPointMs: number;
  /** One call's time limit in ms. */
  readonly callTimeoutMs: number;
  /** ms that an operation waits for its plan while somebody that it has to look at does not answer. */
  readonly planWaitMs: number;
  /** TLS towards arrays that a policy names by URL. */
  readonly policyArrayTls: TlsOptions;
  /** `[hooks]` */
  readonly hooks: { readonly networks: readonly string[]; readonly tls: TlsOptions };
}
