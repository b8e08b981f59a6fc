import { database, LOGGING, login, TRANSPORT, tokenCheck } from "./common.ts";
import { iniText } from "./ini.ts";
import type { Service } from "./service.ts";
import { uwsgiFile } from "./uwsgi.ts";

const FILES = "--config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini";

/** Networks. No agents run: a mechanism driver of our own binds every port. */
export const NEUTRON: Service = {
  name: "neutron",
  databases: ["neutron"],
  schema: [`neutron-db-manage ${FILES} upgrade head`],
  units: [{ name: "neutron-rpc-server" }, { name: "neutron-api", port: 9696 }],
  files: (site) => [
    {
      path: "/etc/neutron/neutron.conf",
      group: "neutron",
      text: iniText({
        DEFAULT: {
          ...LOGGING,
          ...TRANSPORT,
          host: site.name,
          core_plugin: "ml2",
          service_plugins: "router",
          auth_strategy: "keystone",
          state_path: "/var/lib/neutron",
          api_paste_config: "/etc/neutron/api-paste.ini",
          rpc_workers: 1,
          rpc_state_report_workers: 0,
          notify_nova_on_port_status_changes: true,
          notify_nova_on_port_data_changes: true,
        },
        database: database("neutron"),
        ...tokenCheck("neutron"),
        nova: login("nova"),
        placement: login("placement"),
        oslo_concurrency: { lock_path: "/var/lib/neutron/lock" },
      }),
    },
    {
      path: "/etc/neutron/plugins/ml2/ml2_conf.ini",
      group: "neutron",
      text: iniText({
        ml2: {
          type_drivers: "local,flat,vlan,vxlan",
          tenant_network_types: "vxlan",
          mechanism_drivers: "agentless",
          extension_drivers: "port_security",
        },
        ml2_type_flat: { flat_networks: "*" },
        ml2_type_vlan: { network_vlan_ranges: "physnet1:100:999" },
        ml2_type_vxlan: { vni_ranges: "1:5000" },
        securitygroup: { enable_security_group: true },
      }),
    },
    uwsgiFile({
      path: "/etc/neutron/neutron-api-uwsgi.ini",
      user: "neutron",
      application: "/usr/bin/neutron-api",
      logFile: "/var/log/neutron/neutron-api.log",
      // Neutron's API uses green threads, and hangs at times when uwsgi gives it real ones ("cannot switch to a different
      // thread" in its log). While it calls Nova, Nova calls it: one process is too few.
      processes: 3,
      threads: 1,
    }),
  ],
};
