import type { ArrayState } from "./array-state.ts";

/** Which of the array's two interfaces a session was opened at; it counts at that one only. */
export type RestFamily = "rest1" | "rest2";

interface Session {
  readonly family: RestFamily;
  lastUse: number;
}

/** Whose token it is. */
export const USER = "pureuser";

/** Logins of one array: made from an API token, dead after being idle for too long. */
export class Sessions {
  readonly #state: ArrayState;
  readonly #idleTimeoutMs: number;
  /** By session token. */
  readonly #sessions = new Map<string, Session>();
  /** The token that logs in. */
  apiToken: string;
  /** When the token ends, ms since the UNIX epoch; undefined = never. */
  apiTokenEndsAt: number | undefined;
  /** The token's user may only read. */
  isReadOnly = false;

  constructor(state: ArrayState, apiToken: string, idleTimeoutMs: number) {
    this.#state = state;
    this.apiToken = apiToken;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** A new session's token; undefined when the API token is not the right one, or has ended. */
  logIn(family: RestFamily, apiToken: unknown): string | undefined {
    if (apiToken !== this.apiToken || (this.apiTokenEndsAt ?? Number.POSITIVE_INFINITY) <= this.#state.now()) {
      return undefined;
    }
    const token = this.#state.random.uuid();
    this.#sessions.set(token, { family, lastUse: this.#state.now() });
    return token;
  }

  /** Whether the session lives; using it keeps it alive. */
  check(family: RestFamily, token: string | undefined): token is string {
    const session = token === undefined ? undefined : this.#sessions.get(token);
    if (token === undefined || session?.family !== family) return false;
    const now = this.#state.now();
    if (this.#idleTimeoutMs > 0 && now - session.lastUse > this.#idleTimeoutMs) {
      this.#sessions.delete(token);
      return false;
    }
    session.lastUse = now;
    return true;
  }

  logOut(token: string): void {
    this.#sessions.delete(token);
  }

  /** Number of sessions that nobody has closed. */
  get open(): number {
    return this.#sessions.size;
  }

  /** Ends every session, as a restart of the management service does. */
  expireAll(): void {
    this.#sessions.clear();
  }
}
