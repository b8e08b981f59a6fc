import { installMissing, SERVICE_NAMES, type ServiceName, whyMissing } from "./binaries.ts";
import { startMariadb } from "./mariadb.ts";
import { startMemcached } from "./memcached.ts";
import { startRabbitmq } from "./rabbitmq.ts";

/** The services of one test run. */
export interface Services {
  /** Variables by which tests find them. One that is not there has `<NAME>_MISSING` in its place, with the reason. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Variable that tells tests where a service is. */
export const SERVICE_VARIABLES: Readonly<Record<ServiceName, string>> = {
  mariadb: "PROTECTOR_TEST_MARIADB_DSN",
  rabbitmq: "PROTECTOR_TEST_RABBIT_URL",
  memcached: "PROTECTOR_TEST_MEMCACHED",
};

interface Started {
  readonly address: string;
  close(): Promise<void>;
}

const START: Readonly<Record<ServiceName, () => Promise<Started>>> = {
  mariadb: async () => {
    const { dsn, close } = await startMariadb();
    return { address: dsn, close };
  },
  rabbitmq: async () => {
    const { url, close } = await startRabbitmq();
    return { address: url, close };
  },
  memcached: startMemcached,
};

/**
 * Starts a private MariaDB, RabbitMQ and memcached, installing what is missing where that is possible.
 * @throws Error when one that is installed does not start; the others are stopped then.
 */
export async function ensureServices(): Promise<Services> {
  await installMissing();
  const env: Record<string, string> = {};
  const started: Started[] = [];
  const close = async () => {
    await Promise.all(started.map((service) => service.close()));
  };
  const starts = SERVICE_NAMES.map(async (name) => {
    const reason = whyMissing(name);
    const variable = SERVICE_VARIABLES[name];
    if (reason !== undefined) {
      env[`${variable}_MISSING`] = reason;
      return;
    }
    const service = await START[name]();
    started.push(service);
    env[variable] = service.address;
  });
  const results = await Promise.allSettled(starts);
  const failure = results.find((result) => result.status === "rejected");
  if (!failure) return { env, close };
  await close();
  throw failure.reason;
}

/** Where a service of this run is, or why it is not there. */
export function serviceAddress(name: ServiceName): { readonly address: string } | { readonly missing: string } {
  const variable = SERVICE_VARIABLES[name];
  const address = process.env[variable];
  if (address !== undefined) return { address };
  return { missing: process.env[`${variable}_MISSING`] ?? "services run only for files named *.services.test.ts" };
}
