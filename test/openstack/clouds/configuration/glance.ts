import { database, LOGGING, tokenCheck } from "./common.ts";
import { iniText } from "./ini.ts";
import type { Service } from "./service.ts";

const STATE = "/var/lib/glance";

/** Images, kept in files. */
export const GLANCE: Service = {
  name: "glance",
  databases: ["glance"],
  schema: ["glance-manage db_sync"],
  units: [{ name: "glance-api", port: 9292 }],
  files: () => [
    {
      path: "/etc/glance/glance-api.conf",
      group: "glance",
      text: iniText({
        // With no workers the parent process serves.
        DEFAULT: { ...LOGGING, workers: 0, enabled_backends: "images:file" },
        database: database("glance"),
        ...tokenCheck("glance"),
        paste_deploy: { flavor: "keystone" },
        glance_store: { default_backend: "images" },
        images: { filesystem_store_datadir: `${STATE}/images` },
        os_glance_staging_store: { filesystem_store_datadir: `${STATE}/staging` },
        os_glance_tasks_store: { filesystem_store_datadir: `${STATE}/tasks` },
        oslo_concurrency: { lock_path: `${STATE}/lock` },
      }),
    },
  ],
};
