import type { Port, Server, Volume } from "@protector/openstack";
import type { Clock } from "@protector/ports";
import type { Marker, StorageArray } from "@protector/storage";
import type { TakenLists } from "./project-lists.ts";
import { SharedRead } from "./shared-read.ts";

/** What is read for many. */
export interface SharedSources {
  /** Those of the tenant's project at the site. */
  readonly project: TakenLists;
  readonly array: StorageArray;
  readonly groupId: string;
}

/**
 * One call serves every step that waits for a server or a volume, of whichever operation, and every step of this one that is
 * about to fire: a thousand members cost one request per look instead of a thousand.
 *
 * A caller is never given a list that was asked for before the caller began to look, so a read after an effect shows it.
 */
export class SharedReads {
  readonly #project: TakenLists;
  readonly #marker: SharedRead<Marker | undefined>;

  constructor(clock: Clock, { project, array, groupId }: SharedSources) {
    this.#project = project;
    this.#marker = new SharedRead(clock, { ask: () => array.readMarker(groupId) });
  }

  /** The server as it is now; undefined when it does not exist. */
  async server(id: string): Promise<Server | undefined> {
    return (await this.#project.lists.servers.read()).get(id);
  }

  /** All servers of the project. */
  async servers(): Promise<readonly Server[]> {
    return [...(await this.#project.lists.servers.read()).values()];
  }

  /** The volume as it is now; undefined when it does not exist. */
  async volume(id: string): Promise<Volume | undefined> {
    return (await this.#project.lists.volumes.read()).get(id);
  }

  /** All volumes of the project. */
  async volumes(): Promise<readonly Volume[]> {
    return [...(await this.#project.lists.volumes.read()).values()];
  }

  /** All ports of a network. */
  portsOf(networkId: string): Promise<readonly Port[]> {
    return this.#project.lists.portsOf(networkId).read();
  }

  /** The group's marker on the array as it is now. */
  marker(): Promise<Marker | undefined> {
    return this.#marker.read();
  }

  /** Its owner looks no more. */
  close(): void {
    this.#project.giveBack();
  }
}
