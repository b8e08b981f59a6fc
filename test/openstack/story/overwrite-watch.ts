import { setTimeout as sleep } from "node:timers/promises";
import type { Cloud } from "@protector/openstack";
import type { StorageArray, VolumeConnection } from "@protector/storage";
import { diskFile, fingerprint } from "./guest-disks.ts";
import type { StageArray } from "./stage.ts";

/** What was seen of a volume around the moment in which its bytes changed. */
export interface SeenOverwrite {
  readonly isOverwritten: boolean;
  /** Connections that the array listed in the looks just before and after. */
  readonly connections: readonly VolumeConnection[];
}

const EVERY_MS = 50;

interface Watched {
  readonly name: string;
  readonly file: string;
  readonly before: string;
  connections: readonly VolumeConnection[];
  seen: SeenOverwrite | undefined;
}

/**
 * Looks again and again at the volumes of one site: at the connections that the array lists, then at the bytes. The look
 * at the connections that lies between the last old and the first new bytes is the one that tells.
 */
export class OverwriteWatch {
  readonly #array: StorageArray;
  readonly #volumes: readonly Watched[];
  readonly #working: Promise<void>;
  #isOver = false;

  private constructor(array: StorageArray, volumes: readonly Watched[]) {
    this.#array = array;
    this.#volumes = volumes;
    this.#working = this.#look();
  }

  static async begin(array: StageArray, volumeIds: readonly string[], cloud: Cloud): Promise<OverwriteWatch> {
    const volumes = await Promise.all(
      volumeIds.map(async (id): Promise<Watched> => {
        const volume = await cloud.volume.findVolume(id);
        const file = await diskFile(cloud, array, id);
        const name = volume?.providerId ?? `volume-${id}-cinder`;
        return { name, file, before: fingerprint(file), connections: [], seen: undefined };
      }),
    );
    return new OverwriteWatch(array.array, volumes);
  }

  /** Ends the watch. @returns what was seen, in the order of the volumes. */
  async end(): Promise<readonly SeenOverwrite[]> {
    this.#isOver = true;
    await this.#working;
    return this.#volumes.map(({ seen }) => seen ?? { isOverwritten: false, connections: [] });
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const waiting = this.#volumes.filter(({ seen }) => seen === undefined);
      if (waiting.length === 0) return;
      const connections = await this.#array.connectionsOf(waiting.map(({ name }) => name));
      for (const volume of waiting) {
        const now = connections.filter((each) => each.volume === volume.name);
        if (fingerprint(volume.file) !== volume.before)
          volume.seen = { isOverwritten: true, connections: [...volume.connections, ...now] };
        volume.connections = now;
      }
      await sleep(EVERY_MS);
    }
  }
}
