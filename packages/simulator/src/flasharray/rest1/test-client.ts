import { type HttpTransport, seededRandom, UndiciTransport, VirtualClock } from "@protector/ports";
import type { VolumeBytes } from "../../content/volume-bytes.ts";
import { findFreePort } from "../../free-ports.ts";
import { createWorld } from "../../world.ts";
import type { ArraysMemory } from "../array-memory.ts";
import type { Listed, Rest1Object, Rest1Refusal, Rest2Body } from "../test-answers.ts";

/** An answer of the array as a test reads it. */
export interface Rest1Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Speaks REST 1.x as the vendor's client for it does: arguments as JSON with every method, and no cookie left after an
 * answer that set none.
 */
export class Rest1Client {
  readonly #send: HttpTransport;
  readonly #origin: string;
  #cookie: string | undefined;
  version = "1.19";

  constructor(send: HttpTransport, origin: string) {
    this.#send = send;
    this.#origin = origin;
  }

  logIn(apiToken: string): Promise<Rest1Answer> {
    return this.send("POST", "auth/session", { api_token: apiToken });
  }

  send(method: string, path: string, given: object = {}): Promise<Rest1Answer> {
    return this.raw(method, `/api/${this.version}/${path}`, JSON.stringify(given));
  }

  async raw(method: string, path: string, body: string): Promise<Rest1Answer> {
    const headers = { "content-type": "application/json", ...(this.#cookie ? { cookie: this.#cookie } : {}) };
    const answer = await this.#send({ method, url: `${this.#origin}${path}`, headers, body, timeoutMs: 10_000 });
    this.#cookie = answer.headers["set-cookie"]?.split(";")[0];
    return { status: answer.status, body: JSON.parse(answer.body) };
  }

  /** The object that is answered. @throws Error unless the answer is 200. */
  async get(path: string, given: object = {}): Promise<Rest1Object> {
    return this.done("GET", path, given);
  }

  /** As {@link get}, for calls that change something. */
  async done(method: string, path: string, given: object = {}): Promise<Rest1Object> {
    return (await this.#accepted(method, path, given)) as Rest1Object;
  }

  /** The rows that are answered. @throws Error unless the answer is 200. */
  async rows(method: string, path: string, given: object = {}): Promise<Listed<Rest1Object>> {
    return (await this.#accepted(method, path, given)) as Listed<Rest1Object>;
  }

  async #accepted(method: string, path: string, given: object): Promise<unknown> {
    const { status, body } = await this.send(method, path, given);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Status, message and context of a refusal, e.g. `400 Volume does not exist. (v)`. */
  async refusal(method: string, path: string, given: object = {}): Promise<string> {
    const { status, body } = await this.send(method, path, given);
    const [refusal] = Array.isArray(body) ? (body as Rest1Refusal[]) : [];
    return `${status} ${refusal?.msg ?? ""} (${refusal?.ctx ?? ""})`;
  }
}

/** Speaks REST 2.26 to the same array. */
export class Rest2Client {
  readonly #send: HttpTransport;
  readonly #origin: string;
  #token = "";

  constructor(send: HttpTransport, origin: string) {
    this.#send = send;
    this.#origin = origin;
  }

  async logIn(apiToken: string): Promise<void> {
    const url = `${this.#origin}/api/2.26/login`;
    const answer = await this.#send({ method: "POST", url, headers: { "api-token": apiToken }, timeoutMs: 10_000 });
    this.#token = answer.headers["x-auth-token"] ?? "";
  }

  /** The items of an answer. @throws Error unless it is 200. */
  async items(method: string, path: string, body?: object): Promise<Rest2Body["items"]> {
    const answer = await this.#send({
      method,
      url: `${this.#origin}/api/2.26/${path}`,
      headers: { "x-auth-token": this.#token, "content-type": "application/json" },
      timeoutMs: 10_000,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body || '{"items":[]}').items;
  }
}

/** One array with a logged-in client of each family. */
export interface ServedArray {
  readonly rest1: Rest1Client;
  readonly rest2: Rest2Client;
}

/** How served arrays differ from the usual. */
export interface ServedOptions {
  readonly bytes?: VolumeBytes;
  readonly memory?: ArraysMemory;
  /** First time of the clock, ms since the UNIX epoch. */
  readonly startsAt?: number;
  readonly seed?: number;
  /** Of array-a, in ms. */
  readonly eradicationDelayMs?: number;
}

/** Two linked arrays under a virtual clock, served over real HTTP. `stop` has to be called. */
export async function servedArrays(options: ServedOptions = {}) {
  const host = "127.0.0.41";
  const clock = new VirtualClock(options.startsAt ?? Date.UTC(2026, 0, 5));
  const origins = [`http://${host}:${await findFreePort(host)}`, `http://${host}:${await findFreePort(host)}`] as const;
  const { bytes, memory, eradicationDelayMs = 86_400_000 } = options;
  const world = createWorld({
    ...(bytes ? { bytes } : {}),
    ...(memory ? { memory } : {}),
    clock,
    random: seededRandom(options.seed ?? 3),
    arrays: [
      { name: "array-a", origin: origins[0], apiToken: "token-a", idleTimeoutMs: 3_600_000, eradicationDelayMs },
      { name: "array-b", origin: origins[1], apiToken: "token-b", idleTimeoutMs: 0 },
    ],
    clouds: [],
    link: { transferMs: 1000 },
  });
  const stopListening = await world.listen();
  const transport = new UndiciTransport();
  const connect = async (origin: string, apiToken: string): Promise<ServedArray> => {
    const rest1 = new Rest1Client(transport.send, origin);
    const rest2 = new Rest2Client(transport.send, origin);
    await rest1.logIn(apiToken);
    await rest2.logIn(apiToken);
    return { rest1, rest2 };
  };
  const stop = async () => {
    await transport.close();
    await stopListening();
  };
  return { clock, world, stop, a: await connect(origins[0], "token-a"), b: await connect(origins[1], "token-b") };
}

export type ServedArrays = Awaited<ReturnType<typeof servedArrays>>;
