import { REGION, type Site } from "../site.ts";
import { CACHE, database, databaseUrl, LOGGING, login, serviceToken, TRANSPORT, tokenCheck } from "./common.ts";
import { iniText } from "./ini.ts";
import type { ConfigurationFile, Service } from "./service.ts";
import { uwsgiFile } from "./uwsgi.ts";

const STATE = "/var/lib/nova";

/** Servers, on the hypervisor that Nova has for its own tests. */
export const NOVA: Service = {
  name: "nova",
  databases: ["nova_api", "nova_cell0", "nova"],
  schema: [
    "nova-manage api_db sync",
    `nova-manage cell_v2 map_cell0 --database_connection '${databaseUrl("nova", "nova_cell0")}'`,
    "nova-manage db sync",
    "nova-manage cell_v2 create_cell --name cell1",
  ],
  units: [
    { name: "nova-conductor", logsInAtStart: true },
    { name: "nova-scheduler", logsInAtStart: true },
    { name: "nova-api", port: 8774 },
    // It would wait a minute before it asks Placement again.
    { name: "nova-compute", logsInAtStart: true },
  ],
  files: (site) => [
    novaConf(site),
    {
      path: "/etc/nova/nova-compute.conf",
      text: iniText({ DEFAULT: { compute_driver: "remembering_fake.RememberingFakeDriver" } }),
    },
    uwsgiFile({
      path: "/etc/nova/nova-api-uwsgi.ini",
      user: "nova",
      application: "/usr/bin/nova-api-wsgi",
      logFile: "/var/log/nova/nova-api.log",
      // Nova's API is written for green threads, of which uwsgi has none: a process serves one request at a time.
      processes: 2,
      threads: 1,
    }),
  ],
};

function novaConf(site: Site): ConfigurationFile {
  const text = iniText({
    DEFAULT: {
      ...LOGGING,
      ...TRANSPORT,
      my_ip: site.address,
      host: `compute-${site.name}`,
      state_path: STATE,
      vif_plugging_is_fatal: false,
      vif_plugging_timeout: 0,
      // The site has one host: a resize has nowhere else to go.
      allow_resize_to_same_host: true,
      block_device_allocate_retries: 120,
      block_device_allocate_retries_interval: 1,
    },
    api_database: database("nova", "nova_api"),
    database: database("nova"),
    ...tokenCheck("nova"),
    ...serviceToken("nova"),
    wsgi: { api_paste_config: "/etc/nova/api-paste.ini" },
    conductor: { workers: 1 },
    scheduler: { workers: 1, discover_hosts_in_cells_interval: 300 },
    cache: CACHE,
    placement: login("placement"),
    neutron: login("neutron"),
    cinder: { os_region_name: REGION, catalog_info: "volumev3::publicURL", ...login("cinder") },
    glance: { region_name: REGION, api_servers: "http://controller:9292" },
    vnc: { enabled: false },
    quota: { instances: 200, cores: 1000, ram: 2_000_000 },
    oslo_concurrency: { lock_path: `${STATE}/lock` },
  });
  return { path: "/etc/nova/nova.conf", group: "nova", text };
}
