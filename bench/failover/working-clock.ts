import { setMaxListeners } from "node:events";
import type { Clock } from "@protector/ports";
import type { WorldClock } from "../../test/world/two-sites.ts";

interface Sleeper {
  readonly wakeAt: number;
  /** What runs when it wakes is no work of the engine. */
  readonly isOutside: boolean;
  isCancelled: boolean;
  wake(): void;
}

/**
 * A clock on which work takes the time that it really takes, and waiting takes none.
 *
 * While the process works, the clock goes on with the CPU time of its thread; when everything sleeps, it jumps to the next
 * sleeper. So an engine's work overlaps with the calls under way as it does in life, and what other programs do on the
 * machine does not count. Work of the simulated services stands still on it ({@link outside}, {@link outsideClock}).
 *
 * As under the virtual clock, everything must live on the microtask queue: no sockets, no asynchronous files.
 */
export class WorkingClock implements WorldClock {
  readonly #startMs: number;
  #jumpedMs = 0;
  #outsideMs = 0;
  /** Thread time at which the clock was stopped; undefined while it goes. */
  #stoppedAt: number | undefined;
  #sleepers: Sleeper[] = [];
  readonly #bornAt = threadMs();

  /** @param startMs first value of `now()`, ms since the UNIX epoch. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#jumpedMs + this.workedMs;
  }

  /** CPU ms that the thread has worked, the simulated services left out. */
  get workedMs(): number {
    return (this.#stoppedAt ?? threadMs()) - this.#bornAt - this.#outsideMs;
  }

  get sleeping(): number {
    return this.#sleepers.filter((sleeper) => !sleeper.isCancelled).length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#sleep(ms, false, signal);
  }

  /** The clock for those whose work does not count. */
  get outsideClock(): Clock {
    return { now: () => this.now(), sleep: (ms, signal) => this.#sleep(ms, true, signal) };
  }

  /** Does work, up to its first wait, for which the clock stands still. */
  outside<T>(work: () => T): T {
    if (this.#stoppedAt !== undefined) return work();
    this.#stop();
    try {
      return work();
    } finally {
      this.#go();
    }
  }

  async run<T>(goal: Promise<T>, limitMs = 7 * 24 * 3600 * 1000): Promise<T> {
    let settled = false;
    const watched = goal.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    const deadline = this.now() + limitMs;
    await turn();
    while (!settled) {
      const next = this.#takeNext();
      if (!next) throw new Error("working clock: nothing left to wake");
      if (next.wakeAt > deadline) throw new Error(`working clock: not done after ${limitMs} ms`);
      await this.#wake(next);
    }
    return watched;
  }

  async advance(ms: number): Promise<void> {
    const until = this.now() + ms;
    await turn();
    for (let next = this.#takeNext(until); next; next = this.#takeNext(until)) await this.#wake(next);
    this.#jumpedMs += Math.max(0, until - this.now());
    await turn();
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#jumpedMs += Math.max(0, sleeper.wakeAt - this.now());
    if (sleeper.isOutside) this.#stop();
    sleeper.wake();
    await turn();
    if (sleeper.isOutside) this.#go();
  }

  #sleep(ms: number, isOutside: boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        sleeper.isCancelled = true;
        reject(signal?.reason);
      };
      const wakeAt = this.now() + Math.max(0, ms);
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper: Sleeper = { wakeAt, isOutside, isCancelled: false, wake };
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#insert(sleeper);
    });
  }

  #takeNext(until = Number.POSITIVE_INFINITY): Sleeper | undefined {
    while (this.#sleepers.at(-1)?.isCancelled) this.#sleepers.pop();
    const next = this.#sleepers.at(-1);
    return next && next.wakeAt <= until ? this.#sleepers.pop() : undefined;
  }

  /** Keeps the list latest first: the next to wake is taken from its end. */
  #insert(sleeper: Sleeper): void {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sleepers[middle]?.wakeAt ?? 0) > sleeper.wakeAt) low = middle + 1;
      else high = middle;
    }
    this.#sleepers.splice(low, 0, sleeper);
  }

  #stop(): void {
    this.#stoppedAt = threadMs();
  }

  #go(): void {
    this.#outsideMs += threadMs() - (this.#stoppedAt ?? threadMs());
    this.#stoppedAt = undefined;
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** By then every microtask queued so far, and theirs, have run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
