export { type ServiceName, whyMissing } from "./binaries.ts";
export { answers, Daemon, type DaemonOptions } from "./daemon.ts";
export { ensureServices, SERVICE_VARIABLES, type Services, serviceAddress } from "./ensure-services.ts";
export {
  type DatabaseSuite,
  describeDatabases,
  type FreshDatabase,
  freshMariadb,
  freshSqlite,
} from "./fresh-database.ts";
export { type Mariadb, startMariadb } from "./mariadb.ts";
export { type Memcached, startMemcached } from "./memcached.ts";
export { type Rabbitmq, startRabbitmq } from "./rabbitmq.ts";
