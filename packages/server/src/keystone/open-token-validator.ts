import type { Cloud } from "@protector/openstack";
import type { Clock } from "@protector/ports";
import type { Config } from "../config/index.ts";
import { MemcachedTokenCache } from "./memcached-token-cache.ts";
import { ProcessTokenCache, type TokenCache } from "./token-cache.ts";
import { TokenValidator } from "./token-validator.ts";

/** What validation needs beside the configuration. */
export interface TokenValidatorPorts {
  /** Session of the service user. */
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly warn: (text: string) => void;
}

/** A validator with the cache that `[keystone_authtoken]` names; close the cache at the end. */
export function openTokenValidator(
  config: Config,
  ports: TokenValidatorPorts,
): { readonly validator: TokenValidator; readonly cache: TokenCache } {
  const auth = config.keystone_authtoken;
  const secret = auth.password ?? auth.application_credential_secret;
  const cache =
    auth.memcached_servers.length > 0 && secret !== undefined
      ? new MemcachedTokenCache({ servers: auth.memcached_servers, secret, warn: ports.warn })
      : new ProcessTokenCache(ports.clock);
  const validator = new TokenValidator({
    ...ports,
    cache,
    cacheSeconds: auth.token_cache_time,
    serviceTokenRoles: auth.service_token_roles,
    serviceTokenRolesRequired: auth.service_token_roles_required,
    serviceType: auth.service_type,
  });
  return { validator, cache };
}
