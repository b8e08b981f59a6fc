import type { Clock, Random } from "@protector/ports";
import type { DatabaseConnection } from "../db/connection.ts";
import type { SecretStore } from "../domain/secrets.ts";
import type { SiteIdentity } from "../domain/site-identity.ts";
import type { Trusts } from "../domain/trusts.ts";
import type { Caller } from "./caller.ts";

/** Who a request's token belongs to. */
export interface TokenPort {
  /**
   * The caller of a token, or undefined when the request must be answered with 401.
   * @throws ProtectorError `authentication.unavailable` when Keystone does not answer.
   */
  authenticate(request: TokenRequest): Promise<Caller | undefined>;
}

/** A request as far as its authentication goes. */
export interface TokenRequest {
  /** Header `X-Auth-Token`. */
  readonly token: string | undefined;
  /** Header `X-Service-Token`. */
  readonly serviceToken: string | undefined;
  readonly method: string;
  /** Path without query; access rules of application credentials name it. */
  readonly path: string;
  readonly requestId: string;
}

/** What a caller may do. */
export interface PolicyPort {
  /** Whether a rule of oslo.policy lets the caller act on a target (`project_id`, `user_id`). */
  isAllowed(rule: string, caller: Caller, target: Readonly<Record<string, string>>): boolean | Promise<boolean>;
}

/** Hints to the engines that there is work. */
export interface HintPort {
  /** @throws Error when the broker did not take it; the engines' sweep finds the work all the same. */
  publish(operationId: string): Promise<void>;
}

/** Options of protector.conf that the API reads. */
export interface ApiSettings {
  /** `[keystone_authtoken] www_authenticate_uri`. */
  readonly wwwAuthenticateUri: string;
  /** `[keystone_authtoken] region_name`. */
  readonly region: string | null;
  /** `[oslo_middleware] max_request_body_size`, bytes. A document may be larger: {@link ApiSettings.maxDocumentBytes}. */
  readonly maxBodyBytes: number;
  /** Largest body of the routes that take documents and mappings, bytes. */
  readonly maxDocumentBytes: number;
  /** `[oslo_middleware] enable_proxy_headers_parsing`. */
  readonly isBehindProxy: boolean;
  /** `[healthcheck] disable_by_file_path`. */
  readonly disableByFilePath: string | null;
  /** `[healthcheck] detailed`. */
  readonly isHealthcheckDetailed: boolean;
  /** `[storage] enabled_backends`. */
  readonly storageBackends: readonly string[];
  /** Whether an array may be at a URL: `[storage] array_networks`. */
  isArrayUrlAllowed(url: string): boolean;
}

/** One line of the log. */
export interface ApiLog {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

/** Everything that the API needs from outside. */
export interface ApiPorts {
  readonly database: DatabaseConnection;
  readonly tokens: TokenPort;
  readonly policy: PolicyPort;
  readonly hints: HintPort;
  readonly trusts: Trusts;
  readonly secrets: SecretStore;
  readonly identity: SiteIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ApiSettings;
  readonly log: ApiLog;
}
