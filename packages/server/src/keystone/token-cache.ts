import type { Token } from "@protector/openstack";
import type { Clock } from "@protector/ports";

/** A token that Keystone has confirmed. The catalog is left out: it is large and nobody asks a caller's. */
export type ValidToken = Omit<Token, "catalog">;

/** Keeps confirmed tokens for a while, under a digest of their value. Failing to do so is no error. */
export interface TokenCache {
  get(digest: string): Promise<ValidToken | undefined>;
  set(digest: string, token: ValidToken, lifeMs: number): Promise<void>;
  close(): Promise<void>;
}

/** In this process: the least recently used entries go first. */
export class ProcessTokenCache implements TokenCache {
  readonly #entries = new Map<string, { readonly token: ValidToken; readonly until: number }>();
  readonly #clock: Clock;
  readonly #capacity: number;

  constructor(clock: Clock, capacity = 2_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  async get(digest: string): Promise<ValidToken | undefined> {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    this.#entries.delete(digest);
    if (this.#clock.now() >= entry.until) return undefined;
    this.#entries.set(digest, entry);
    return entry.token;
  }

  async set(digest: string, token: ValidToken, lifeMs: number): Promise<void> {
    this.#entries.delete(digest);
    this.#entries.set(digest, { token, until: this.#clock.now() + lifeMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#capacity && oldest !== undefined) this.#entries.delete(oldest);
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }
}
