import type { Site } from "../site.ts";

/** A file that a service of a cloud reads. */
export interface ConfigurationFile {
  readonly path: string;
  readonly text: string;
  /** Group that may read it beside root; without one everybody may. */
  readonly group?: string;
}

/** A unit of systemd that runs a part of a service. */
export interface ServiceUnit {
  readonly name: string;
  /** Port that it listens on when it serves. */
  readonly port?: number;
  /** Ends, and is started again from the beginning, as long as Keystone does not know its service's user. */
  readonly logsInAtStart?: true;
}

/** How one service of a cloud is configured, prepared and run. */
export interface Service {
  readonly name: string;
  readonly files: (site: Site) => readonly ConfigurationFile[];
  /** Names of its databases. They belong to a user of MariaDB with the service's name. */
  readonly databases: readonly string[];
  /** Commands that make its tables, in their order, run as the user with the service's name. */
  readonly schema: readonly string[];
  readonly units: readonly ServiceUnit[];
}
