import { createHmac, timingSafeEqual } from "node:crypto";
import memjs from "memjs";
import type { TokenCache, ValidToken } from "./token-cache.ts";

const PREFIX = "protector/token/1/";
/** Seconds; a cache that is slower than Keystone is of no use. */
const TIMEOUT = 0.5;

export interface MemcachedOptions {
  /** `host:port`. */
  readonly servers: readonly string[];
  /**
   * Entries are signed with a key made from this secret, which all processes of a site share (the service user's
   * password): memcached believes everyone who reaches it, and a forged entry would be a forged token.
   */
  readonly secret: string;
  /** Told once for each time that memcached goes away. */
  readonly warn: (text: string) => void;
}

/** Shared by all API processes of a site. Without an answer it is as good as empty. */
export class MemcachedTokenCache implements TokenCache {
  readonly #client: memjs.MemcachedClient;
  readonly #key: Buffer;
  readonly #warn: (text: string) => void;
  #isDown = false;

  constructor(options: MemcachedOptions) {
    this.#warn = options.warn;
    this.#key = createHmac("sha256", options.secret).update("protector token cache").digest();
    this.#client = memjs.Client.create(options.servers.join(","), {
      timeout: TIMEOUT,
      conntimeout: TIMEOUT,
      retries: 0,
      failover: true,
      failoverTime: 10,
      keepAlive: true,
      logger: { log: () => {} },
    });
  }

  async get(digest: string): Promise<ValidToken | undefined> {
    try {
      const { value } = await this.#client.get(PREFIX + digest);
      this.#isDown = false;
      return value === null ? undefined : this.#open(digest, value.toString("utf8"));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  async set(digest: string, token: ValidToken, lifeMs: number): Promise<void> {
    const expires = Math.floor(lifeMs / 1000);
    // Zero would mean "for ever" to memcached.
    if (expires < 1) return;
    const content = JSON.stringify(token);
    try {
      await this.#client.set(PREFIX + digest, `${this.#sign(digest, content)}${content}`, { expires });
      this.#isDown = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** The digest is signed too, so that an entry cannot be put under another token. */
  #sign(digest: string, content: string): string {
    return createHmac("sha256", this.#key).update(digest).update(content).digest("hex");
  }

  #open(digest: string, value: string): ValidToken | undefined {
    const signature = Buffer.from(value.slice(0, 64));
    const content = value.slice(64);
    const expected = Buffer.from(this.#sign(digest, content));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
    return JSON.parse(content) as ValidToken;
  }

  #failed(error: unknown): void {
    if (!this.#isDown) this.#warn(`memcached: ${(error as Error).message}: tokens are validated without a cache`);
    this.#isDown = true;
  }
}
