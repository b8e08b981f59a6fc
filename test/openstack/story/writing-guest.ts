import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cloud } from "@protector/openstack";

/** ms between two writes. */
const EVERY_MS = 200;
/** A look at Nova that took longer says nothing about now. ms */
const FRESH_MS = 1_000;
/** Where the numbers stand: beside everything that {@link fillDisk} writes. */
const PLACE = 1_048_576 + 65_536;
const WORD = 8;

/**
 * What a database in a server does: each write puts the next number on each of its disks in turn, as long as Nova says
 * that the server runs and nothing is being done to it. No virtual machine really runs on these clouds, so that the test
 * has to be the guest.
 */
export class WritingGuest {
  readonly #cloud: Cloud;
  readonly #serverId: string;
  readonly #files: readonly string[];
  readonly #stop = new AbortController();
  #working: Promise<void> = Promise.resolve();
  #written = 0;

  constructor(cloud: Cloud, serverId: string, files: readonly string[]) {
    this.#cloud = cloud;
    this.#serverId = serverId;
    this.#files = files;
  }

  /** Number of the last write. */
  get written(): number {
    return this.#written;
  }

  start(): void {
    this.#working = this.#write();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }

  async #write(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const askedAt = Date.now();
      const server = await this.#cloud.compute.findServer(this.#serverId);
      const isRunning = server?.status === "ACTIVE" && server.taskState === null;
      if (isRunning && Date.now() - askedAt < FRESH_MS) {
        this.#written += 1;
        for (const file of this.#files) writeNumber(file, this.#written);
      }
      await sleep(EVERY_MS);
    }
  }
}

/** Number of the last write that reached a disk. */
export function lastWriteOn(file: string): number {
  const disk = openSync(file, "r");
  try {
    const word = Buffer.alloc(WORD);
    readSync(disk, word, 0, WORD, PLACE);
    return Number(word.readBigUInt64BE());
  } finally {
    closeSync(disk);
  }
}

function writeNumber(file: string, value: number): void {
  const disk = openSync(file, "r+");
  try {
    const word = Buffer.alloc(WORD);
    word.writeBigUInt64BE(BigInt(value));
    writeSync(disk, word, 0, WORD, PLACE);
  } finally {
    closeSync(disk);
  }
}
