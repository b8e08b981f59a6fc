import { spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../machines/command.ts";
import { identifyProcess, isRunning, type ProcessId, signalProcess } from "../machines/process-id.ts";
import { waitFor } from "../machines/wait.ts";
import { REPOSITORY } from "./paths.ts";
import { ARRAYS, type ArrayName } from "./site.ts";

/**
 * Arrays in one room: a transfer takes this long at least, a group shows on its target after this, and an array catches up
 * with a pod in this.
 */
const LINK = { transferMs: 2000, appearDelayMs: 2000, isSync: true, resyncMs: 2000 };

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 120_000;

/** The simulated arrays of a pair: one process beside the clouds that serves both. */
export class Arrays {
  readonly #namespace: string;
  readonly #folder: string;

  constructor(namespace: string, folder: string) {
    this.#namespace = namespace;
    this.#folder = folder;
  }

  /** Holds the bytes of all volumes, `<array>/<serial>.raw`. */
  get dataFolder(): string {
    return join(this.#folder, "data");
  }

  /** PEM certificate of both arrays; nobody has signed it. */
  get certificateFile(): string {
    return join(this.#folder, "certificate.pem");
  }

  get logFile(): string {
    return join(this.#folder, "arrays.log");
  }

  get isOn(): boolean {
    return this.#process() !== undefined;
  }

  /** File with the bytes of a volume or a snapshot, sparse. */
  dataFile(array: ArrayName, serial: string): string {
    return join(this.dataFolder, array, `${serial}.raw`);
  }

  /**
   * Starts the process when it does not run, and resolves when both arrays serve.
   * @throws Error with its log.
   */
  async start(): Promise<void> {
    if (this.isOn) return;
    await this.#prepare();
    const program = [process.execPath, join(REPOSITORY, "packages/simulator/bin/protector-simulator.ts")];
    const command = [...program, "--config", join(this.#folder, "arrays.json")];
    const log = openSync(this.logFile, "w");
    // Cinder writes to the files that this process makes, as a user of its own.
    const child = spawn(
      "nsenter",
      [`--net=/run/netns/${this.#namespace}`, "--", "sh", "-c", 'umask 0; exec "$@"', "sh", ...command],
      { cwd: REPOSITORY, detached: true, stdio: ["ignore", log, log] },
    );
    closeSync(log);
    child.unref();
    if (child.pid === undefined) throw new Error("The arrays' process could not be started");
    writeFileSync(this.#pidFile, JSON.stringify(identifyProcess(child.pid)));
    await waitFor(
      async () => {
        if (/^ready$/m.test(this.#log())) return true;
        if (this.isOn) return undefined;
        throw new Error("The arrays' process ended");
      },
      { what: "The arrays did not start", timeoutMs: START_LIMIT_MS, explain: async () => this.#log() },
    );
  }

  /** Ends the process; with `SIGKILL` as if both arrays had lost their power. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const id = this.#process();
    if (id !== undefined) {
      signalProcess(id, signal);
      const gone = async () => (isRunning(id) ? undefined : true);
      await waitFor(gone, { what: "The arrays did not stop", timeoutMs: STOP_LIMIT_MS });
    }
    rmSync(this.#pidFile, { force: true });
  }

  async #prepare(): Promise<void> {
    const key = join(this.#folder, "key.pem");
    for (const name of Object.keys(ARRAYS)) {
      mkdirSync(join(this.dataFolder, name), { recursive: true });
      chmodSync(join(this.dataFolder, name), 0o777);
    }
    if (!existsSync(this.certificateFile)) {
      const names = Object.values(ARRAYS).map(({ name, address }) => `DNS:${name},IP:${address}`);
      await mustRun("openssl", [
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=simulated-flasharray"],
        ...["-addext", `subjectAltName=${names.join(",")}`, "-keyout", key, "-out", this.certificateFile],
      ]);
    }
    const config = {
      arrays: Object.values(ARRAYS).map(({ name, address, apiToken }) => ({
        name,
        origin: `https://${address}:443`,
        apiToken,
      })),
      clouds: [],
      certificate: { certFile: this.certificateFile, keyFile: key },
      dataDirectory: this.dataFolder,
      link: LINK,
      seed: "none",
    };
    writeFileSync(join(this.#folder, "arrays.json"), `${JSON.stringify(config, undefined, 2)}\n`);
  }

  get #pidFile(): string {
    return join(this.#folder, "arrays.pid");
  }

  #process(): ProcessId | undefined {
    if (!existsSync(this.#pidFile)) return undefined;
    const id = JSON.parse(readFileSync(this.#pidFile, "utf8")) as ProcessId;
    return isRunning(id) ? id : undefined;
  }

  #log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }
}
