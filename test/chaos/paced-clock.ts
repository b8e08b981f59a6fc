import { systemClock } from "@protector/ports";
import type { WorldClock } from "../world/two-sites.ts";

/** The machine's clock, faster for as long as a test prepares its world. */
export class PacedClock implements WorldClock {
  readonly sleeping = 0;
  #speed: number;
  #realBase = systemClock.now();
  #base = this.#realBase;

  /** @param speed of its time; 1 = the machine's. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** From here on as fast as the machine's own clock; sleeps under way end at the old pace. */
  slowDown(): void {
    this.#base = this.now();
    this.#realBase = systemClock.now();
    this.#speed = 1;
  }

  now(): number {
    return this.#base + (systemClock.now() - this.#realBase) * this.#speed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#speed, signal);
  }

  run<T>(goal: Promise<T>): Promise<T> {
    return goal;
  }

  advance(ms: number): Promise<void> {
    return this.sleep(ms);
  }
}
