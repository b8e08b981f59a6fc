import { createHash } from "node:crypto";
import type { Clock } from "@protector/ports";
import type { ArrayAccess, PointQuestion, RecoveryPoint, StorageArray } from "@protector/storage";
import { SharedRead } from "./shared-read.ts";

/** An array's points in somebody's use, until he gives them back. */
export interface TakenPoints {
  /** A point as the array has it now, never as it was before this was called; undefined when it is not there. */
  find(question: PointQuestion): Promise<RecoveryPoint | undefined>;
  /** Ends the session with the array when nobody else uses it. */
  giveBack(): Promise<void>;
}

/** ms: an array that was asked about 25 points is asked again a quarter of a second after its answer. */
const REST_MS_PER_POINT = 10;

interface Entry {
  readonly array: StorageArray;
  readonly points: SharedPoints;
  users: number;
}

/**
 * What the operations of an engine ask the same array about their recovery points, they ask together: twenty groups that wait
 * for their transfers cost one question per look instead of twenty. A read is no effect, so no lease guards it.
 *
 * Only those share who reach the array by the same address and token; a session lives as long as somebody uses it.
 */
export class PointPool {
  readonly #clock: Clock;
  readonly #connect: (access: ArrayAccess) => StorageArray;
  readonly #entries = new Map<string, Entry>();

  /** @param connect to an array, through a transport that no lease guards. */
  constructor(clock: Clock, connect: (access: ArrayAccess) => StorageArray) {
    this.#clock = clock;
    this.#connect = connect;
  }

  take(access: ArrayAccess): TakenPoints {
    const key = createHash("sha256").update(JSON.stringify(access)).digest("hex");
    const entry = this.#entries.get(key) ?? this.#open(access);
    this.#entries.set(key, entry);
    entry.users += 1;
    let isTaken = true;
    return {
      find: (question) => entry.points.find(question),
      giveBack: async () => {
        if (!isTaken) return;
        isTaken = false;
        entry.users -= 1;
        if (entry.users > 0) return;
        this.#entries.delete(key);
        await entry.array.close();
      },
    };
  }

  /** Arrays that are in use. */
  get size(): number {
    return this.#entries.size;
  }

  #open(access: ArrayAccess): Entry {
    const array = this.#connect(access);
    return { array, points: new SharedPoints(this.#clock, array), users: 0 };
  }
}

/** Questions about points of one array that gather for one call. */
class SharedPoints {
  readonly #read: SharedRead<ReadonlyMap<string, RecoveryPoint | undefined>>;
  /** What the next call asks. */
  #asked = new Map<string, PointQuestion>();

  constructor(clock: Clock, array: StorageArray) {
    this.#read = new SharedRead(clock, {
      ask: async () => {
        const asked = this.#asked;
        this.#asked = new Map();
        const found = await array.findRecoveryPoints([...asked.values()]);
        return new Map([...asked.keys()].map((key, index) => [key, found[index]]));
      },
      restMs: ({ size }) => size * REST_MS_PER_POINT,
    });
  }

  async find(question: PointQuestion): Promise<RecoveryPoint | undefined> {
    const { source, suffix } = question;
    const key = JSON.stringify([source.array, source.group, suffix]);
    this.#asked.set(key, question);
    return (await this.#read.read()).get(key);
  }
}
