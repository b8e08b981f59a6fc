import { connectCloud } from "@protector/openstack";
import type { Clock, HttpTransport, Random } from "@protector/ports";
import type { FastifyInstance } from "fastify";
import { createApi } from "../api/app.ts";
import type { ApiLog, ApiSettings } from "../api/ports.ts";
import type { Config } from "../config/index.ts";
import type { DatabaseConnection } from "../db/index.ts";
import type { KeyRing } from "../domain/key-ring.ts";
import { isOutsideUrlAllowed } from "../domain/outside-addresses.ts";
import { SecretStore } from "../domain/secrets.ts";
import { loadSiteIdentity } from "../domain/site-identity.ts";
import { Trusts } from "../domain/trusts.ts";
import { connectServiceSession, openTokenValidator, serviceCloudOptions } from "../keystone/index.ts";
import type { MessageBus } from "../messaging/index.ts";
import { Policy } from "../policy/index.ts";
import { VERSION } from "./version.ts";

/** Documents hold the descriptions of up to 500 servers, user data included. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** What the API of a site is made of; everything outside is given. */
export interface ApiParts {
  readonly config: Config;
  /** Migrated, with the site's identity in it. */
  readonly database: DatabaseConnection;
  readonly keyRing: KeyRing;
  readonly bus: Pick<MessageBus, "publish" | "state">;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ApiLog;
}

/**
 * Puts the API together; the caller listens or injects, and closes the database and the bus.
 * @throws ProtectorError `secrets.unavailable` when this host's keys are not the database's; Error when `db sync` has
 * not been run or a policy file cannot be used.
 */
export async function assembleApi(parts: ApiParts): Promise<{ readonly app: FastifyInstance; close(): Promise<void> }> {
  const { config, database, keyRing, bus, transport, clock, random, log } = parts;
  const warn = (text: string) => log.error({}, text);
  const secrets = new SecretStore(keyRing, random);
  await secrets.requireCanary(database.db, clock.now());
  const identity = await loadSiteIdentity(database.db, secrets);
  const cloudPorts = { transport, clock, random };
  const cloud = connectServiceSession(config, cloudPorts);
  const { validator, cache } = openTokenValidator(config, { cloud, clock, warn });
  const { credential: _, ...reached } = serviceCloudOptions(config);
  const app = createApi({
    database,
    tokens: validator,
    policy: new Policy({
      policyFile: config.oslo_policy.policy_file,
      policyDirs: config.oslo_policy.policy_dirs,
      defaultRule: config.oslo_policy.policy_default_rule,
      clock,
      report: warn,
    }),
    bus,
    secrets,
    identity,
    clock,
    random,
    log,
    settings: settingsOf(config),
    trusts: new Trusts({
      database,
      clock,
      random,
      defaultRoles: config.service_credentials.default_trust_roles,
      trustee: async () => (await cloud.token()).content.userId,
      asCaller: (token, projectId, requestId) => {
        const credential = { kind: "token", token, scope: { kind: "project_by_id", projectId } } as const;
        return connectCloud({ ...reached, credential, requestId }, cloudPorts);
      },
    }),
  });
  return {
    app,
    close: async () => {
      await app.close();
      await cache.close();
    },
  };
}

function settingsOf(config: Config): ApiSettings {
  const { keystone_authtoken: auth, oslo_middleware, healthcheck, storage, hooks } = config;
  return {
    version: VERSION,
    wwwAuthenticateUri: auth.www_authenticate_uri ?? auth.auth_url ?? "",
    region: auth.region_name ?? null,
    maxBodyBytes: oslo_middleware.max_request_body_size,
    maxDocumentBytes: Math.max(MAX_DOCUMENT_BYTES, oslo_middleware.max_request_body_size),
    maxLimit: config.api.max_limit,
    isBehindProxy: oslo_middleware.enable_proxy_headers_parsing,
    disableByFilePath: healthcheck.disable_by_file_path ?? null,
    isHealthcheckDetailed: healthcheck.detailed,
    storageBackends: storage.enabled_backends,
    isArrayUrlAllowed: (url) => isOutsideUrlAllowed(url, storage.array_networks),
    isHookUrlAllowed: (url) => isOutsideUrlAllowed(url, hooks.networks),
  };
}
