import { PASSWORDS, REGION } from "../site.ts";
import type { Ini } from "./ini.ts";

/** Keystone as the services of its own cloud reach it. */
export const KEYSTONE_URL = "http://controller:5000/v3";
const MEMCACHED = "controller:11211";

/** What every service says in its log: to its journal too, without the chatter of libraries. */
export const LOGGING = {
  use_stderr: true,
  default_log_levels: [
    ...["amqp", "amqplib", "keystonemiddleware", "oslo_policy", "sqlalchemy", "stevedore", "urllib3"].map(warnings),
    "oslo.messaging=INFO",
    "oslo_messaging._drivers.impl_rabbit=WARN",
    "py.warnings=CRITICAL",
  ].join(","),
} as const;

/** RabbitMQ as Debian installs it. */
export const TRANSPORT = { transport_url: "rabbit://guest:guest@127.0.0.1:5672/" } as const;

/** How services keep answers of Keystone and tokens. */
export const CACHE = { enabled: true, backend: "dogpile.cache.memcached", memcache_servers: MEMCACHED } as const;

/** Connection of a service's database user to one of its databases. */
export function databaseUrl(service: string, database: string): string {
  return `mysql+pymysql://${service}:${PASSWORDS.database}@controller/${database}?charset=utf8`;
}

/** Options of a `[database]` section. A service of a small cloud needs few connections. */
export function database(service: string, name = service): Ini[string] {
  return { connection: databaseUrl(service, name), max_pool_size: 5, max_overflow: 20, connection_recycle_time: 600 };
}

/** Options of keystoneauth1 with which a service logs in as a user of its own. */
export function login(user: string): Ini[string] {
  return {
    auth_type: "password",
    auth_url: KEYSTONE_URL,
    username: user,
    password: PASSWORDS.service,
    project_name: "service",
    user_domain_name: "Default",
    project_domain_name: "Default",
    region_name: REGION,
  };
}

/** Section `[keystone_authtoken]`: how a service checks the tokens that it gets. */
export function tokenCheck(user: string): Ini {
  return {
    keystone_authtoken: {
      www_authenticate_uri: KEYSTONE_URL,
      memcached_servers: MEMCACHED,
      service_token_roles: "service",
      service_token_roles_required: true,
      ...login(user),
    },
  };
}

/** Section `[service_user]`: a service adds its own token to that of the user when it calls others. */
export function serviceToken(user: string): Ini {
  return { service_user: { send_service_user_token: true, ...login(user) } };
}

function warnings(logger: string): string {
  return `${logger}=WARN`;
}
