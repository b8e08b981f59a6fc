import type { Site } from "../site.ts";
import { database, KEYSTONE_URL, LOGGING, login, serviceToken, TRANSPORT, tokenCheck } from "./common.ts";
import { iniText } from "./ini.ts";
import type { ConfigurationFile, Service } from "./service.ts";
import { uwsgiFile } from "./uwsgi.ts";

const STATE = "/var/lib/cinder";

/** Volumes on a FlashArray, replicated to the other cloud's array. Its policy is the one that comes with Cinder. */
export const CINDER: Service = {
  name: "cinder",
  databases: ["cinder"],
  schema: ["cinder-manage db sync"],
  units: [{ name: "cinder-scheduler" }, { name: "cinder-volume" }, { name: "cinder-api", port: 8776 }],
  files: (site) => [
    cinderConf(site),
    uwsgiFile({
      path: "/etc/cinder/cinder-api-uwsgi.ini",
      user: "cinder",
      application: "/usr/bin/cinder-wsgi",
      logFile: "/var/log/cinder/cinder-api.log",
      processes: 1,
      threads: 8,
    }),
  ],
};

function cinderConf(site: Site): ConfigurationFile {
  const text = iniText({
    DEFAULT: {
      ...LOGGING,
      ...TRANSPORT,
      my_ip: site.address,
      host: site.name,
      auth_strategy: "keystone",
      state_path: STATE,
      image_conversion_dir: `${STATE}/conversion`,
      api_paste_config: "/etc/cinder/api-paste.ini",
      resource_query_filters_file: "/etc/cinder/resource_filters.json",
      rootwrap_config: "/etc/cinder/rootwrap.conf",
      glance_api_servers: "http://controller:9292",
      enabled_backends: "pure",
      quota_volumes: 1000,
      quota_gigabytes: 100_000,
      quota_snapshots: 1000,
      quota_groups: 200,
      volume_clear: "none",
    },
    database: database("cinder"),
    ...tokenCheck("cinder"),
    ...serviceToken("cinder"),
    nova: { interface: "public", token_auth_url: KEYSTONE_URL, ...login("nova") },
    coordination: { backend_url: `file://${STATE}/coordination` },
    pure: backend(site, "pure", "async"),
    oslo_concurrency: { lock_path: `${STATE}/lock` },
  });
  return { path: "/etc/cinder/cinder.conf", group: "cinder", text };
}

/** Section of a backend on the cloud's own array, with the other one as its replication device. */
function backend(site: Site, name: string, type: "async" | "sync") {
  return {
    volume_driver: "flasharray_files.FlashArrayFilesDriver",
    volume_backend_name: name,
    san_ip: site.array.address,
    pure_api_token: site.array.apiToken,
    replication_device: [
      `backend_id:${site.peerArray.name}`,
      `san_ip:${site.peerArray.address}`,
      `api_token:${site.peerArray.apiToken}`,
      `type:${type}`,
    ].join(","),
    // Seconds; an array takes nothing shorter.
    pure_replica_interval_default: 300,
    pure_eradicate_on_delete: false,
    suppress_requests_ssl_warnings: true,
  };
}

/** Name of the backend that replicates synchronously, and of the type whose volumes it has. */
export const SYNC_BACKEND = "stretched";

/**
 * The file with a second backend that replicates synchronously: one of its own, as its driver does nothing while the other
 * array does not answer.
 */
export function withSyncBackend(text: string, site: Site): string {
  if (text.includes(`[${SYNC_BACKEND}]`)) return text;
  const enabled = text.replace(/^enabled_backends = pure$/m, `enabled_backends = pure,${SYNC_BACKEND}`);
  return `${enabled}\n${iniText({ [SYNC_BACKEND]: backend(site, SYNC_BACKEND, "sync") })}`;
}
