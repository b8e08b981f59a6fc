import { iniText } from "./ini.ts";
import type { ConfigurationFile, ServiceUnit } from "./service.ts";

/** What the services of a cloud stand on; RabbitMQ is left as Debian installs it. */
export const INFRASTRUCTURE_UNITS: readonly ServiceUnit[] = [
  { name: "mariadb", port: 3306 },
  { name: "memcached", port: 11211 },
  { name: "rabbitmq-server", port: 5672 },
];

/** Files of MariaDB and memcached: they listen to the cloud's network, and MariaDB is quick rather than safe. */
export const INFRASTRUCTURE_FILES: readonly ConfigurationFile[] = [
  {
    path: "/etc/mysql/mariadb.conf.d/90-openstack.cnf",
    text: iniText({
      mariadbd: {
        "bind-address": "0.0.0.0",
        "character-set-server": "utf8mb3",
        "collation-server": "utf8mb3_general_ci",
        "max-connections": 1000,
        "innodb-buffer-pool-size": "128M",
        "innodb-flush-log-at-trx-commit": 0,
        "innodb-doublewrite": 0,
        "performance-schema": "OFF",
      },
    }),
  },
  {
    path: "/etc/memcached.conf",
    text: "-m 64\n-p 11211\n-u memcache\n-l 0.0.0.0\n-P /var/run/memcached/memcached.pid\n",
  },
];
