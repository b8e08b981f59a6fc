import type { Clock, HttpRequest, HttpTransport } from "@protector/ports";

interface Answer {
  readonly askedAt: number;
  readonly answer: ReturnType<HttpTransport>;
}

/**
 * Lets a round ask every question once, however many groups it is about: lists of a whole site, quotas of a project,
 * logins. An answer serves for some time, so that a long round does not judge by an old world; a site that does not answer
 * is waited for once. Sessions of arrays end with the round, not with the first group.
 */
export class SharedAnswers {
  readonly #clock: Clock;
  readonly #transport: HttpTransport;
  readonly #forMs: number;
  readonly #answers = new Map<string, Answer>();
  readonly #goodbyes = new Map<string, HttpRequest>();

  /** @param forMs ms that an answer serves. */
  constructor(clock: Clock, transport: HttpTransport, forMs: number) {
    this.#clock = clock;
    this.#transport = transport;
    this.#forMs = forMs;
  }

  /** The shared way out; what changes something passes through it unshared. */
  readonly transport: HttpTransport = (request) => {
    const key = keyOf(request);
    if (isGoodbye(request)) {
      this.#goodbyes.set(key, request);
      return Promise.resolve({ status: 200, headers: {}, body: "{}" });
    }
    if (request.method !== "GET" && !isLogin(request)) return this.#transport(request);
    const known = this.#answers.get(key);
    if (known && this.#clock.now() - known.askedAt < this.#forMs) return known.answer;
    const answer = this.#transport(request);
    this.#answers.set(key, { askedAt: this.#clock.now(), answer });
    return answer;
  };

  /** Ends the sessions that the round began. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.#goodbyes.values()].map((request) => this.#transport(request)));
    this.#answers.clear();
    this.#goodbyes.clear();
  }
}

/** The same words to the same address in the same name; ids of requests differ and do not count. */
function keyOf({ method, url, headers, body }: HttpRequest): string {
  const said = Object.entries(headers)
    .filter(([name]) => !/request-id/i.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, url, said, body ?? ""]);
}

/** Asks Keystone or an array for a session. */
function isLogin({ method, url }: HttpRequest): boolean {
  return method === "POST" && /(\/v3\/auth\/tokens|\/api\/[^/]+\/login)$/.test(pathOf(url));
}

/** Ends a session with an array. */
function isGoodbye({ method, url }: HttpRequest): boolean {
  return method === "POST" && /\/api\/[^/]+\/logout$/.test(pathOf(url));
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}
