import { database, LOGGING, tokenCheck } from "./common.ts";
import { iniText } from "./ini.ts";
import type { Service } from "./service.ts";
import { uwsgiFile } from "./uwsgi.ts";

/** Inventory of what hypervisors have to give. */
export const PLACEMENT: Service = {
  name: "placement",
  databases: ["placement"],
  schema: ["placement-manage db sync"],
  units: [{ name: "placement-api", port: 8778 }],
  files: () => [
    {
      path: "/etc/placement/placement.conf",
      group: "placement",
      text: iniText({
        DEFAULT: LOGGING,
        api: { auth_strategy: "keystone" },
        placement_database: database("placement"),
        ...tokenCheck("placement"),
      }),
    },
    uwsgiFile({
      path: "/etc/placement/placement-api-uwsgi.ini",
      user: "placement",
      application: "/usr/bin/placement-api",
      logFile: "/var/log/placement/placement-api.log",
      processes: 1,
      threads: 4,
    }),
  ],
};
