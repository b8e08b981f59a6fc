import { setMaxListeners } from "node:events";
import type { Clock, Random } from "@protector/ports";
import type { Problems } from "../../problems.ts";

/** What every part of a simulated cloud shares with its world. */
export interface EnvironmentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly problems: Problems;
  /** Cloud's name. */
  readonly cloud: string;
}

/** Time, ids and background work of one cloud. */
export class Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly problems: Problems;
  readonly cloud: string;
  readonly #stopped = new AbortController();
  #isPowered = true;
  #waiting: (() => void)[] = [];

  constructor(options: EnvironmentOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.problems = options.problems;
    this.cloud = options.cloud;
    setMaxListeners(0, this.#stopped.signal);
  }

  now(): number {
    return this.clock.now();
  }

  uuid(): string {
    return this.random.uuid();
  }

  /** A UUID without dashes, as Keystone makes its ids. */
  hexId(): string {
    return this.random.uuid().replaceAll("-", "");
  }

  /** Does `work` in `ms`, in the background; a failure is recorded as a problem of the simulator. */
  after(ms: number, work: () => void): void {
    this.clock.sleep(ms, this.#stopped.signal).then(
      () => (this.#isPowered ? this.#run(work) : void this.#waiting.push(work)),
      () => {},
    );
  }

  /** Without power nothing happens; what was due goes on when it is back. */
  setPower(isPowered: boolean): void {
    this.#isPowered = isPowered;
    if (!isPowered) return;
    for (const work of this.#waiting.splice(0)) this.#run(work);
  }

  #run(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.report("internal", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  }

  report(kind: Parameters<Problems["record"]>[0]["kind"], message: string): void {
    this.problems.record({ kind, at: this.now(), where: this.cloud, message });
  }

  /** Ends all background work for good. */
  stop(): void {
    this.#stopped.abort(new Error("the simulated cloud is stopped"));
  }
}
