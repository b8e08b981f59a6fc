import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

/** A server process that the tests start, and how to see that it serves. */
export interface DaemonOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets its output, which is shown when it does not start; deleted when the run ends without having closed it. */
  readonly directory: string;
  readonly isReady: () => Promise<boolean>;
}

/** A server of the tests that can be stopped and started again on the same port with the same data. */
export class Daemon {
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;
  readonly #killAtExit = () => {
    this.#signal("SIGKILL");
    rmSync(this.#options.directory, { recursive: true, force: true, maxRetries: 5 });
  };

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it serves.
   * @throws Error with the end of its log when it does not within a minute.
   */
  async start(): Promise<void> {
    const { name, command, args, env, directory, isReady } = this.#options;
    const logFile = join(directory, `${name}.log`);
    const log = openSync(logFile, "a");
    // Its own process group, so that what it starts in turn is stopped with it.
    const child = spawn(command, [...args], {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    let failure: Error | undefined;
    child.once("error", (error) => {
      failure = error;
    });
    this.#child = child;
    process.once("exit", this.#killAtExit);
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await isReady())) {
      const isDead = failure !== undefined || child.exitCode !== null || child.signalCode !== null;
      if (isDead || performance.now() > deadline) {
        await this.kill();
        throw new Error(`${name} did not start: ${failure?.message ?? ""}\n${tail(logFile)}`, { cause: failure });
      }
      await sleep(POLL_MS);
    }
  }

  /** Asks it to end, and ends it if it does not within 20 s. */
  async stop(): Promise<void> {
    if (!this.#signal("SIGTERM")) return;
    if (!(await this.#exited(STOP_TIMEOUT_MS))) await this.kill();
    this.#forget();
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#exited(STOP_TIMEOUT_MS);
    this.#forget();
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  /** Ends {@link pause}. */
  resume(): void {
    this.#signal("SIGCONT");
  }

  #signal(signal: NodeJS.Signals): boolean {
    const pid = this.#child?.pid;
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  }

  async #exited(ms: number): Promise<boolean> {
    const child = this.#child;
    if (child?.pid === undefined) return true;
    const deadline = performance.now() + ms;
    while (child.exitCode === null && child.signalCode === null) {
      if (performance.now() > deadline) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  #forget(): void {
    process.removeListener("exit", this.#killAtExit);
    this.#child = undefined;
  }
}

/** Whether something answers on a port; `greeting` is sent first, for servers that wait for one. */
export function answers(port: number, greeting?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 2000 });
    const finish = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => greeting !== undefined && socket.write(greeting, "latin1"));
    socket.once("data", () => finish(true));
    socket.once("error", () => finish(false));
    socket.once("timeout", () => finish(false));
    socket.once("close", () => finish(false));
  });
}

function tail(file: string): string {
  return readFileSync(file, "utf8").split("\n").slice(-30).join("\n");
}
