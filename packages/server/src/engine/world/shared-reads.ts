import type { Cloud, Server, Volume } from "@protector/openstack";
import type { Clock } from "@protector/ports";
import type { Marker, StorageArray } from "@protector/storage";
import { atPlace, FIRST_PLACE } from "./call-order.ts";

/** What is read for many. */
export interface SharedSources {
  readonly cloud: Cloud;
  readonly projectId: string;
  readonly array: StorageArray;
  readonly groupId: string;
}

type ById<T> = ReadonlyMap<string, T>;

function byId<T extends { readonly id: string }>(items: readonly T[]): ById<T> {
  return new Map(items.map((item) => [item.id, item]));
}

/**
 * One call serves every step that waits for a server or a volume, or is about to fire: a thousand members cost one request
 * per look instead of a thousand.
 *
 * A caller is never given a list that was asked for before the caller began to look, so a read after an effect shows it.
 */
export class SharedReads {
  readonly #servers: SharedRead<ById<Server>>;
  readonly #volumes: SharedRead<ById<Volume>>;
  readonly #marker: SharedRead<Marker | undefined>;

  constructor(clock: Clock, of: SharedSources) {
    const { cloud, projectId, array, groupId } = of;
    this.#servers = new SharedRead(clock, async () =>
      byId(await cloud.compute.listServers({ projectId, allProjects: true })),
    );
    this.#volumes = new SharedRead(clock, async () => byId(await cloud.volume.listVolumes({ projectId })));
    this.#marker = new SharedRead(clock, () => array.readMarker(groupId));
  }

  /** The server as it is now; undefined when it does not exist. */
  async server(id: string): Promise<Server | undefined> {
    return (await this.#servers.read()).get(id);
  }

  /** All servers of the project. */
  async servers(): Promise<readonly Server[]> {
    return [...(await this.#servers.read()).values()];
  }

  /** The volume as it is now; undefined when it does not exist. */
  async volume(id: string): Promise<Volume | undefined> {
    return (await this.#volumes.read()).get(id);
  }

  /** All volumes of the project. */
  async volumes(): Promise<readonly Volume[]> {
    return [...(await this.#volumes.read()).values()];
  }

  /** The group's marker on the array as it is now. */
  marker(): Promise<Marker | undefined> {
    return this.#marker.read();
  }
}

/** ms in which callers gather for one call. */
const GATHER_MS = 20;

/** Of callers that come while an answer is under way, all share the next call, made when that answer has come. */
class SharedRead<T> {
  readonly #clock: Clock;
  readonly #fetch: () => Promise<T>;
  #next: Promise<T> | undefined;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, fetch: () => Promise<T>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  read(): Promise<T> {
    this.#next ??= this.#gather();
    return this.#next;
  }

  async #gather(): Promise<T> {
    await Promise.all([this.#clock.sleep(GATHER_MS), this.#underWay]);
    this.#next = undefined;
    const answer = atPlace(FIRST_PLACE, this.#fetch);
    this.#underWay = answer.catch(() => {});
    return answer;
  }
}
