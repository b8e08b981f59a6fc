import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Clock, OutsideError, type Random } from "@protector/ports";
import { type MockArrays, type MockState, newState } from "./mock-state.ts";
import { createPod, mirrorPods, stretchPod } from "./pods.ts";
import { refuse } from "./refusal.ts";
import { settle } from "./settle.ts";

/** What the mock takes from outside. */
export interface MockPorts {
  /** Directory with one SQLite file per array: `mock_storage` in the engine's `state_path`. */
  readonly directory: string;
  /** Arrays that are to be there; each is made at the first look at any of them. */
  readonly arrays: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

/** What Cinder's own driver calls its pod. */
const DEFAULT_POD = "cinder-pod";
const SUFFIX = ".sqlite";
/** ms that another process of this machine may hold the files. */
const BUSY_MS = 5_000;

/** The files of all mock arrays of one directory. Every change is one SQLite transaction over all of them. */
export class MockStore {
  readonly #ports: MockPorts;

  constructor(ports: MockPorts) {
    this.#ports = ports;
  }

  get now(): number {
    return this.#ports.clock.now();
  }

  /**
   * Runs `work` on the arrays as they are now and keeps what it changed, unless it throws. Arrays without a file get
   * one.
   * @throws OutsideError `waiting` when a file `NAME.down` says that the array does not answer, `needs_operator` when the
   * files cannot be used, and whatever `work` throws.
   */
  change<T>(name: string, work: (arrays: MockArrays, state: MockState) => T): T {
    const { directory } = this.#ports;
    if (existsSync(join(directory, `${name}.down`))) throw refuse(name, "the array is switched off", "waiting");
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const names = this.#names(name);
      const connection = open(directory, names);
      try {
        return this.#transaction(connection, names, (arrays) => {
          const state = arrays.get(name);
          if (!state) throw new Error(`array ${name} has no file`);
          const result = work(arrays, state);
          mirrorPods(arrays, name);
          return result;
        });
      } finally {
        connection.close();
      }
    } catch (error) {
      throw error instanceof OutsideError ? error : this.#unusable(name, error);
    }
  }

  #transaction<T>(connection: DatabaseSync, names: readonly string[], work: (arrays: MockArrays) => T): T {
    connection.exec("BEGIN IMMEDIATE");
    try {
      const before = new Map(names.map((each, index) => [each, read(connection, index)]));
      const arrays = new Map(
        names.map((each) => [each, parse(before.get(each)) ?? newState(this.#ports.random.uuid())]),
      );
      this.#stretchDefaultPod(arrays);
      settle(arrays, this.now);
      const result = work(arrays);
      for (const [index, each] of names.entries()) {
        const text = JSON.stringify(arrays.get(each));
        if (text !== before.get(each)) write(connection, index, text);
      }
      connection.exec("COMMIT");
      return result;
    } catch (error) {
      connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** A lab with two arrays has a pod over both, as Cinder's own driver makes one. */
  #stretchDefaultPod(arrays: MockArrays): void {
    const [first, second, ...others] = this.#ports.arrays;
    const state = first === undefined ? undefined : arrays.get(first);
    if (!state || first === undefined || second === undefined || others.length > 0 || !arrays.has(second)) return;
    if (state.pods.length > 0) return;
    createPod(state, first, DEFAULT_POD);
    stretchPod(arrays, DEFAULT_POD, [first, second]);
  }

  /** Names of the arrays that answer, in one order for every process: so they never wait for each other. */
  #names(own: string): readonly string[] {
    const { directory } = this.#ports;
    const files = readdirSync(directory);
    const found = files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
    return [...new Set([...found, ...this.#ports.arrays, own])]
      .filter((name) => !files.includes(`${name}.down`))
      .sort();
  }

  #unusable(name: string, cause: unknown): OutsideError {
    const text = cause instanceof Error ? cause.message : String(cause);
    const isBusy = /locked|busy/i.test(text);
    const detail = `${join(this.#ports.directory, name + SUFFIX)} cannot be used: ${text}`;
    return refuse(name, detail, isBusy ? "retryable" : "needs_operator", cause);
  }
}

function open(directory: string, names: readonly string[]): DatabaseSync {
  const connection = new DatabaseSync(":memory:");
  try {
    connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    for (const [index, name] of names.entries()) {
      connection.prepare(`ATTACH DATABASE ? AS ${schemaOf(index)}`).run(join(directory, name + SUFFIX));
      // A killed process loses nothing by it; only a machine that loses its power may.
      connection.exec(`PRAGMA ${schemaOf(index)}.synchronous = OFF`);
      connection.exec(
        `CREATE TABLE IF NOT EXISTS ${schemaOf(index)}.array_state (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)`,
      );
    }
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function schemaOf(index: number): string {
  return `array_${index}`;
}

function read(connection: DatabaseSync, index: number): string | undefined {
  const row = connection.prepare(`SELECT state FROM ${schemaOf(index)}.array_state`).get();
  return typeof row?.state === "string" ? row.state : undefined;
}

function parse(text: string | undefined): MockState | undefined {
  return text === undefined ? undefined : { ...newState(""), ...(JSON.parse(text) as MockState) };
}

function write(connection: DatabaseSync, index: number, text: string): void {
  connection.prepare(`INSERT OR REPLACE INTO ${schemaOf(index)}.array_state (id, state) VALUES (1, ?)`).run(text);
}
