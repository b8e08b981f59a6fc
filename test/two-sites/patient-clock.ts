import { VirtualClock } from "@protector/ports";
import type { WorldClock } from "../world/two-sites.ts";

/** Virtual ms that pass at once. */
const STRIDE_MS = 50;

/**
 * A virtual clock for a world with a web server in it: while a request is under way there, which takes turns of the
 * event loop that a virtual clock knows nothing of, no time passes.
 */
export class PatientClock implements WorldClock {
  readonly #virtual: VirtualClock;
  #requests = 0;

  constructor(startMs: number) {
    this.#virtual = new VirtualClock(startMs);
  }

  get sleeping(): number {
    return this.#virtual.sleeping;
  }

  now(): number {
    return this.#virtual.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#virtual.sleep(ms, signal);
  }

  /** Holds time still until `request` is answered. */
  async hold<T>(request: () => Promise<T>): Promise<T> {
    this.#requests += 1;
    try {
      return await request();
    } finally {
      this.#requests -= 1;
    }
  }

  /** @throws Error when `goal` has not settled after `limitMs` of virtual time. */
  async run<T>(goal: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    goal.then(settle, settle);
    const until = this.now() + limitMs;
    while (!isSettled) {
      await this.#quiet();
      if (isSettled) break;
      if (this.now() >= until) throw new Error(`not done after ${limitMs} ms of virtual time`);
      await this.#virtual.advance(STRIDE_MS);
    }
    return goal;
  }

  async advance(ms: number): Promise<void> {
    const until = this.now() + ms;
    while (this.now() < until) {
      await this.#quiet();
      await this.#virtual.advance(Math.min(STRIDE_MS, until - this.now()));
    }
    await this.#quiet();
  }

  async #quiet(): Promise<void> {
    do await new Promise<void>((turn) => setImmediate(turn));
    while (this.#requests > 0);
  }
}
