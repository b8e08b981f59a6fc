import type { Cloud, Server, Volume } from "@protector/openstack";
import type { Clock } from "@protector/ports";

/**
 * One list call serves every step that waits for a server or a volume: a thousand waiting members cost one request per
 * poll instead of a thousand.
 *
 * A caller is never given a list that was asked for before the caller began to look, so a read after an effect shows it.
 */
export class SharedReads {
  readonly #servers: SharedList<Server>;
  readonly #volumes: SharedList<Volume>;

  constructor(cloud: Cloud, projectId: string, clock: Clock) {
    this.#servers = new SharedList(clock, () => cloud.compute.listServers({ projectId, allProjects: true }));
    this.#volumes = new SharedList(clock, () => cloud.volume.listVolumes({ projectId }));
  }

  /** The server as it is now; undefined when it does not exist. */
  async server(id: string): Promise<Server | undefined> {
    return (await this.#servers.read()).find((server) => server.id === id);
  }

  /** All servers of the project. */
  servers(): Promise<readonly Server[]> {
    return this.#servers.read();
  }

  /** The volume as it is now; undefined when it does not exist. */
  async volume(id: string): Promise<Volume | undefined> {
    return (await this.#volumes.read()).find((volume) => volume.id === id);
  }

  /** All volumes of the project. */
  volumes(): Promise<readonly Volume[]> {
    return this.#volumes.read();
  }
}

/** ms in which callers gather for one call. */
const GATHER_MS = 20;

class SharedList<T> {
  readonly #clock: Clock;
  readonly #fetch: () => Promise<readonly T[]>;
  #next: Promise<readonly T[]> | undefined;

  constructor(clock: Clock, fetch: () => Promise<readonly T[]>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  read(): Promise<readonly T[]> {
    this.#next ??= this.#gather();
    return this.#next;
  }

  async #gather(): Promise<readonly T[]> {
    await this.#clock.sleep(GATHER_MS);
    this.#next = undefined;
    return this.#fetch();
  }
}
