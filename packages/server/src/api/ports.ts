import type { Clock, Random } from "@protector/ports";
import type { DatabaseConnection } from "../db/connection.ts";
import type { SecretStore } from "../domain/secrets.ts";
import type { SiteIdentity } from "../domain/site-identity.ts";
import type { Trusts } from "../domain/trusts.ts";
import type { TokenValidator } from "../keystone/index.ts";
import type { MessageBus } from "../messaging/index.ts";
import type { Policy } from "../policy/index.ts";

/** Options of protector.conf that the API reads. */
export interface ApiSettings {
  /** The release, for reports. */
  readonly version: string;
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
  /** `[api] max_limit`: most items in one page. */
  readonly maxLimit: number;
  /** `[storage] enabled_backends`. */
  readonly storageBackends: readonly string[];
  /** Whether an array may be at a URL: `[storage] array_networks`. */
  isArrayUrlAllowed(url: string): boolean;
  /** Whether a hook may be at a URL: `[hooks] networks`. */
  isHookUrlAllowed(url: string): boolean;
}

/** One line of the log. */
export interface ApiLog {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

/** Everything that the API needs from outside. */
export interface ApiPorts {
  readonly database: DatabaseConnection;
  readonly tokens: Pick<TokenValidator, "validate">;
  readonly policy: Pick<Policy, "enforce">;
  readonly bus: Pick<MessageBus, "publish" | "state">;
  readonly trusts: Trusts;
  readonly secrets: SecretStore;
  readonly identity: SiteIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ApiSettings;
  readonly log: ApiLog;
}
