import { createHash } from "node:crypto";
import {
  type CloudOptions,
  type CloudPorts,
  connectCloud,
  type Port,
  type Server,
  type Volume,
} from "@protector/openstack";
import { SharedRead } from "./shared-read.ts";

type ById<T> = ReadonlyMap<string, T>;

/** What a project has at a site, as one login sees it. */
export interface ProjectLists {
  readonly servers: SharedRead<ById<Server>>;
  readonly volumes: SharedRead<ById<Volume>>;
  /** All ports of a network that its servers use or will use, whosever they are. */
  portsOf(networkId: string): SharedRead<readonly Port[]>;
}

/** Lists in somebody's use, until he gives them back. */
export interface TakenLists {
  readonly lists: ProjectLists;
  giveBack(): void;
}

/** ms: a list of 1,000 is asked for again a quarter of a second after its answer. */
const REST_MS_PER_ITEM = 0.25;

interface Entry {
  readonly lists: ProjectLists;
  users: number;
}

/**
 * The lists that an engine's operations share: twenty groups of a project that wait for their servers cost one call per look
 * instead of twenty. A read is no effect, so no lease guards it: it may outlive that of the operation which asked first.
 *
 * Only those share who would ask the same cloud with the same login about the same project. What nobody uses any more is
 * dropped, its session too: there is never more than what the operations at work need.
 */
export class ProjectListPool {
  readonly #ports: CloudPorts;
  readonly #entries = new Map<string, Entry>();

  /** @param ports whose transport no lease guards. */
  constructor(ports: CloudPorts) {
    this.#ports = ports;
  }

  /** The lists of a project at the cloud, in the name that `options` say. */
  take(options: CloudOptions, projectId: string): TakenLists {
    const key = createHash("sha256")
      .update(JSON.stringify([options, projectId]))
      .digest("hex");
    const entry = this.#entries.get(key) ?? { lists: this.#connect(options, projectId), users: 0 };
    this.#entries.set(key, entry);
    entry.users += 1;
    let isTaken = true;
    return {
      lists: entry.lists,
      giveBack: () => {
        if (!isTaken) return;
        isTaken = false;
        entry.users -= 1;
        if (entry.users === 0) this.#entries.delete(key);
      },
    };
  }

  /** Projects and logins whose lists are in use. */
  get size(): number {
    return this.#entries.size;
  }

  #connect(options: CloudOptions, projectId: string): ProjectLists {
    const { clock } = this.#ports;
    const { compute, volume, network } = connectCloud(options, this.#ports);
    const shared = <T>(ask: () => Promise<ById<T>>) =>
      new SharedRead(clock, { ask, restMs: ({ size }) => size * REST_MS_PER_ITEM });
    const ports = new Map<string, SharedRead<readonly Port[]>>();
    return {
      servers: shared(async () => byId(await compute.listServers({ projectId, allProjects: true }))),
      volumes: shared(async () => byId(await volume.listVolumes({ projectId }))),
      portsOf: (networkId) => {
        const known = ports.get(networkId);
        if (known) return known;
        const made = new SharedRead(clock, { ask: () => network.listPorts({ networkId }) });
        ports.set(networkId, made);
        return made;
      },
    };
  }
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ById<T> {
  return new Map(items.map((item) => [item.id, item]));
}
