import type { SimulatedResponse } from "../../http/service.ts";
import type { ArrayState } from "../array-state.ts";

/** Logins of one array: made from an API token, dead after being idle for too long. */
export class Sessions {
  readonly #state: ArrayState;
  readonly #idleTimeoutMs: number;
  /** Last use by session token. */
  readonly #lastUse = new Map<string, number>();
  /** The token that logs in. */
  apiToken: string;
  /** The token's user may only read. */
  isReadOnly = false;

  constructor(state: ArrayState, apiToken: string, idleTimeoutMs: number) {
    this.#state = state;
    this.apiToken = apiToken;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  logIn(apiToken: string | undefined): SimulatedResponse {
    if (apiToken !== this.apiToken) {
      return { status: 401, body: { errors: [{ context: null, message: "Invalid API token." }] } };
    }
    const token = this.#state.random.uuid();
    this.#lastUse.set(token, this.#state.now());
    return { status: 200, headers: { "x-auth-token": token }, body: { items: [{ username: "pureuser" }] } };
  }

  /** Whether the session lives; using it keeps it alive. */
  check(token: string | undefined): boolean {
    const last = token === undefined ? undefined : this.#lastUse.get(token);
    if (token === undefined || last === undefined) return false;
    const now = this.#state.now();
    if (this.#idleTimeoutMs > 0 && now - last > this.#idleTimeoutMs) {
      this.#lastUse.delete(token);
      return false;
    }
    this.#lastUse.set(token, now);
    return true;
  }

  logOut(token: string | undefined): SimulatedResponse {
    if (token !== undefined) this.#lastUse.delete(token);
    return { status: 200 };
  }

  /** Number of sessions that nobody has closed. */
  get open(): number {
    return this.#lastUse.size;
  }

  /** Ends every session, as a restart of the management service does. */
  expireAll(): void {
    this.#lastUse.clear();
  }
}
