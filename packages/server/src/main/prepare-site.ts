import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock, Random } from "@protector/ports";
import type { Config } from "../config/index.ts";
import { type DatabaseConnection, type MigrationResult, migrate } from "../db/index.ts";
import { addKey, type KeyRing, readKeyRing } from "../domain/key-ring.ts";
import { SecretStore } from "../domain/secrets.ts";
import { mintSiteIdentity } from "../domain/site-identity.ts";

/** What `protector-manage db sync` did. */
export interface PreparedSite {
  readonly migration: MigrationResult;
  readonly siteId: string;
}

/**
 * Everything that a site needs before its services start: schema, key repository, identity. Doing it again changes
 * nothing.
 * @param random `systemRandom`, except in simulations.
 * @throws SchemaError; ProtectorError `secrets.unavailable` when the key repository is not the database's; Error of the
 * file system.
 */
export async function prepareSite(
  config: Config,
  ports: {
    readonly database: DatabaseConnection;
    readonly clock: Clock;
    readonly random: Random;
    readonly keyRing?: KeyRing;
  },
): Promise<PreparedSite> {
  const { database, clock, random } = ports;
  const migration = await migrate(database);
  const directory = config.secrets.key_repository;
  const isThere = existsSync(join(directory, "current"));
  const keyRing = ports.keyRing ?? (isThere ? readKeyRing(directory) : addKey(directory, random));
  const secrets = new SecretStore(keyRing, random);
  await secrets.requireCanary(database.db, clock.now());
  const auth = config.keystone_authtoken;
  const name = config.DEFAULT.host ?? hostname();
  const address = {
    name,
    authUrl: auth.www_authenticate_uri ?? auth.auth_url ?? "",
    region: auth.region_name ?? null,
    apiUrl: `http://${name}:${config.api.bind_port}`,
  };
  const siteId = await mintSiteIdentity({ db: database.db, secrets, random }, address, clock.now());
  return { migration, siteId };
}
