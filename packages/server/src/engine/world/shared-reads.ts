import type { Port, Server, Volume } from "@protector/openstack";
import type { Clock } from "@protector/ports";
import type { Marker, PointQuestion, RecoveryPoint, StorageArray } from "@protector/storage";
import type { TakenLists } from "./project-lists.ts";
import type { TakenPoints } from "./shared-points.ts";
import { SharedRead } from "./shared-read.ts";

/** What is read for many. */
export interface SharedSources {
  /** Those of the tenant's project at the site. */
  readonly project: TakenLists;
  readonly array: StorageArray;
  /** Those of the array that many ask about together; without them it is asked for each. */
  readonly points: TakenPoints | undefined;
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
  readonly #array: StorageArray;
  readonly #points: TakenPoints | undefined;
  readonly #marker: SharedRead<Marker | undefined>;

  constructor(clock: Clock, { project, array, points, groupId }: SharedSources) {
    this.#project = project;
    this.#array = array;
    this.#points = points;
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

  /** A recovery point as the array has it now; undefined when it is not there. */
  recoveryPoint(question: PointQuestion): Promise<RecoveryPoint | undefined> {
    if (this.#points) return this.#points.find(question);
    return this.#array.findRecoveryPoint(question.source, question.suffix);
  }

  /** Its owner looks no more. */
  async close(): Promise<void> {
    this.#project.giveBack();
    await this.#points?.giveBack();
  }
}
