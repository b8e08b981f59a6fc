import { createHash } from "node:crypto";
import type { Cloud } from "@protector/openstack";
import { type Clock, OutsideError } from "@protector/ports";
import { type CallerRequest, mayCall } from "./access-rules.ts";
import type { TokenCache, ValidToken } from "./token-cache.ts";

/** Who calls. */
export type Authentication =
  | { readonly kind: "accepted"; readonly token: ValidToken; readonly serviceToken: ValidToken | undefined }
  /** 401; `reason` is for the log, not for the caller. */
  | { readonly kind: "unauthorized"; readonly reason: string }
  /** 503: Keystone does not answer, so nothing is known of the token. */
  | { readonly kind: "unavailable"; readonly reason: string };

export interface TokenRequest extends CallerRequest {
  /** `X-Auth-Token`. */
  readonly token: string | undefined;
  /** `X-Service-Token`. */
  readonly serviceToken?: string | undefined;
  /** Our id of the request, sent to Keystone. */
  readonly requestId: string;
}

export interface TokenValidatorOptions {
  /** Session of the service user. */
  readonly cloud: Cloud;
  readonly cache: TokenCache;
  readonly clock: Clock;
  /** `[keystone_authtoken] token_cache_time` in s; zero and less = ask about every token each time. */
  readonly cacheSeconds: number;
  /** Roles of which a service token must hold one. */
  readonly serviceTokenRoles: readonly string[];
  /** Whether a service token without such a role is refused. */
  readonly serviceTokenRolesRequired: boolean;
  /** How access rules name this service. */
  readonly serviceType: string;
  /** Told when our own account cannot ask, at most once a minute for the same reason; never holds a secret. */
  readonly warn: (text: string) => void;
}

const LONGEST_TOKEN = 16_384;
const WARN_AGAIN_MS = 60_000;

/**
 * Finds out who calls, as keystonemiddleware's auth_token does: user token, service token, expired user tokens beside a
 * valid service token, access rules of application credentials. Only confirmed tokens are remembered, never for longer
 * than they live.
 */
export class TokenValidator {
  readonly #options: TokenValidatorOptions;
  readonly #asked = new Map<string, Promise<ValidToken | undefined>>();
  #warned = { text: "", at: Number.NEGATIVE_INFINITY };

  constructor(options: TokenValidatorOptions) {
    this.#options = options;
  }

  /** Never rejects for what Keystone or the caller do. */
  async validate(request: TokenRequest): Promise<Authentication> {
    try {
      return await this.#judge(request);
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      return this.#ownFailure(error);
    }
  }

  async #judge(request: TokenRequest): Promise<Authentication> {
    const { requestId } = request;
    const value = cleaned(request.token);
    if (value === undefined) return { kind: "unauthorized", reason: "no usable token" };
    const serviceToken = request.serviceToken ? await this.#find(request.serviceToken, requestId, false) : undefined;
    if (request.serviceToken && !serviceToken) return { kind: "unauthorized", reason: "invalid service token" };
    const hasServiceRole = serviceToken?.roles.some((role) => this.#options.serviceTokenRoles.includes(role)) ?? false;
    if (serviceToken && !hasServiceRole && this.#options.serviceTokenRolesRequired) {
      return { kind: "unauthorized", reason: "service token without a service role" };
    }
    const token = await this.#find(value, requestId, hasServiceRole);
    if (!token) return { kind: "unauthorized", reason: "invalid token" };
    // A service that acts for the caller has been allowed to by its own rules.
    if (!serviceToken && token.applicationCredential) {
      const isAllowed = mayCall(token.applicationCredential, request, this.#options.serviceType);
      if (!isAllowed) return { kind: "unauthorized", reason: "not in the access rules of the application credential" };
    }
    return { kind: "accepted", token, serviceToken };
  }

  async #find(token: string, requestId: string, allowExpired: boolean): Promise<ValidToken | undefined> {
    const value = cleaned(token);
    if (value === undefined) return undefined;
    const digest = createHash("sha256").update(value).digest("hex");
    const isCaching = this.#options.cacheSeconds > 0;
    const known = isCaching ? await this.#options.cache.get(digest) : undefined;
    if (known && (allowExpired || this.#lifeOf(known) > 0)) return known;
    return this.#once(`${digest} ${allowExpired}`, async () => {
      const { identity } = this.#options.cloud.withRequestId(requestId);
      const confirmed = await identity.validateToken(value, { allowExpired });
      if (!confirmed) return undefined;
      const { catalog: _, ...valid } = confirmed;
      const lifeMs = Math.min(this.#options.cacheSeconds * 1000, this.#lifeOf(valid));
      if (isCaching && lifeMs > 0) await this.#options.cache.set(digest, valid, lifeMs);
      return valid;
    });
  }

  /** Requests that come at the same time with the same token ask Keystone once. */
  #once(key: string, ask: () => Promise<ValidToken | undefined>): Promise<ValidToken | undefined> {
    const running = this.#asked.get(key);
    if (running) return running;
    const asked = ask().finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  #lifeOf(token: ValidToken): number {
    return Date.parse(token.expiresAt) - this.#options.clock.now();
  }

  /** Keystone that is away is 503; one that refuses us, or is not Keystone at all, is our configuration: 401 for all. */
  #ownFailure(error: OutsideError): Authentication {
    const { failureClass } = error.failure;
    if (failureClass === "waiting" || failureClass === "retryable") {
      this.#warn(`Keystone does not answer: ${error.message}`);
      return { kind: "unavailable", reason: error.message };
    }
    this.#warn(
      `tokens cannot be validated, every call is answered 401; check auth_url, username and password in [keystone_authtoken]: ${error.message}`,
    );
    return { kind: "unauthorized", reason: error.message };
  }

  #warn(text: string): void {
    const now = this.#options.clock.now();
    // Request ids differ from call to call.
    const constant = text.replaceAll(/\(req-[^)]*\)/g, "");
    if (constant === this.#warned.text && now - this.#warned.at < WARN_AGAIN_MS) return;
    this.#warned = { text: constant, at: now };
    this.#options.warn(text);
  }
}

/** White space around a token does not count; what cannot stand in a header is no token. */
function cleaned(token: string | undefined): string | undefined {
  const value = token?.trim();
  return value && value.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}
