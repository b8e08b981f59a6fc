import { CACHE, database, LOGGING } from "./common.ts";
import { iniText } from "./ini.ts";
import type { Service } from "./service.ts";
import { uwsgiFile } from "./uwsgi.ts";

/** Identity. */
export const KEYSTONE: Service = {
  name: "keystone",
  databases: ["keystone"],
  schema: ["keystone-manage db_sync"],
  units: [{ name: "keystone", port: 5000 }],
  files: (site) => [
    {
      path: "/etc/keystone/keystone.conf",
      group: "keystone",
      text: iniText({
        DEFAULT: { ...LOGGING, public_endpoint: `http://${site.name}-controller:5000` },
        database: database("keystone"),
        cache: CACHE,
        token: { provider: "fernet", expiration: 14_400 },
      }),
    },
    uwsgiFile({
      path: "/etc/keystone/keystone-uwsgi.ini",
      user: "keystone",
      application: "/usr/bin/keystone-wsgi-public",
      logFile: "/var/log/keystone/keystone.log",
      processes: 1,
      threads: 8,
    }),
  ],
};
