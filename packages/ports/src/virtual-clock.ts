import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly wakeAt: number;
  readonly order: number;
  wake(): void;
}

/**
 * A clock that jumps to the next sleeper as soon as everything runnable has run, so that hours of waiting pass in
 * microseconds and the order of events is the same in every run.
 *
 * It knows only work that lives on the microtask queue: a whole world under this clock does its I/O in process
 * (SQLite, the simulator's in-process transport), never over sockets.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #sleepers: Sleeper[] = [];

  /** @param startMs first value of `now()`, ms since the UNIX epoch. */
  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        wakeAt: this.#now + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#insert(sleeper);
    });
  }

  /** Number of sleepers; a test that leaves some behind has leaked a timer. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /**
   * Lets time pass until `goal` settles.
   * @param limitMs most virtual ms that may pass.
   * @throws Error when nothing is left that could wake anything, or when the limit is reached.
   */
  async run<T>(goal: Promise<T>, limitMs = 7 * 24 * 3600 * 1000): Promise<T> {
    let settled = false;
    const watched = goal.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    const deadline = this.#now + limitMs;
    for (;;) {
      await drainMicrotasks();
      if (settled) return watched;
      const next = this.#sleepers[0];
      if (!next) throw new Error(`virtual clock: nothing left to wake at ${new Date(this.#now).toISOString()}`);
      if (next.wakeAt > deadline) throw new Error(`virtual clock: not done after ${limitMs} ms of virtual time`);
      this.#wakeNext();
    }
  }

  /** Lets `ms` of virtual time pass, waking whoever sleeps until then. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await drainMicrotasks();
      const next = this.#sleepers[0];
      if (!next || next.wakeAt > until) break;
      this.#wakeNext();
    }
    this.#now = until;
    await drainMicrotasks();
  }

  #wakeNext(): void {
    const sleeper = this.#sleepers.shift();
    if (!sleeper) return;
    this.#now = Math.max(this.#now, sleeper.wakeAt);
    sleeper.wake();
  }

  #insert(sleeper: Sleeper): void {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#sleepers[middle];
      if (other && (other.wakeAt < sleeper.wakeAt || (other.wakeAt === sleeper.wakeAt && other.order < sleeper.order)))
        low = middle + 1;
      else high = middle;
    }
    this.#sleepers.splice(low, 0, sleeper);
  }
}

/** One turn of the event loop's check phase: by then every microtask queued so far, and theirs, have run. */
function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
