import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { SandboxSite, SandboxWorld } from "./world.ts";

/** Files of the sandbox. */
export interface SandboxFiles {
  readonly clouds: string;
  /** `protector.conf` of each site. */
  readonly configs: readonly [string, string];
}

/** Writes `clouds.yaml` and for each site a folder with its `protector.conf`, database, keys and logs. */
export function writeFiles(folder: string, { sites, certificate }: SandboxWorld): SandboxFiles {
  const authority = join(folder, "arrays.pem");
  writeFileSync(authority, certificate.cert);
  const clouds = join(folder, "clouds.yaml");
  const entries = sites.flatMap((site) => [
    [site.name, cloudEntry(site, { username: "demo", password: "labdemo", project_name: "demo" })],
    [`${site.name}-admin`, cloudEntry(site, { username: "admin", password: "labadmin", project_name: "admin" })],
  ]);
  writeFileSync(clouds, stringify({ clouds: Object.fromEntries(entries) }), { mode: 0o600 });
  const writeConfig = (site: SandboxSite): string => {
    const directory = join(folder, site.name);
    mkdirSync(directory);
    const path = join(directory, "protector.conf");
    writeFileSync(path, configText(site, { directory, authority, sites }), { mode: 0o600 });
    return path;
  };
  return { clouds, configs: [writeConfig(sites[0]), writeConfig(sites[1])] };
}

function cloudEntry({ cloud }: SandboxSite, auth: Readonly<Record<string, string>>) {
  return {
    region_name: cloud.region,
    auth: { auth_url: cloud.authUrl, ...auth, user_domain_name: "Default", project_domain_name: "Default" },
  };
}

interface Surroundings {
  readonly directory: string;
  readonly authority: string;
  readonly sites: readonly SandboxSite[];
}

/** The file of the service's documentation, on SQLite and without RabbitMQ. */
function configText(site: SandboxSite, { directory, authority, sites }: Surroundings): string {
  return `[DEFAULT]
host = ${site.name}
log_dir = ${directory}
state_path = ${directory}
transport_url = none://

[api]
bind_host = 127.0.0.1
bind_port = ${site.apiPort}
workers = 1

[database]
connection = sqlite:///${join(directory, "protector.sqlite")}

[keystone_authtoken]
www_authenticate_uri = ${site.cloud.authUrl.replace(/\/v3$/, "")}
auth_url = ${site.cloud.authUrl.replace(/\/v3$/, "")}
username = protector
password = labsvc
project_name = service
region_name = ${site.cloud.region}

[oslo_policy]
policy_file = ${join(directory, "policy.yaml")}

[engine]
sweep_interval = 1

[storage]
enabled_backends = ${sites.map(({ array }) => array.name).join(",")}
${sites.map((each) => backendText(each, authority)).join("")}`;
}

function backendText({ array, cloud }: SandboxSite, authority: string): string {
  const [backend] = cloud.volumes.backends;
  return `
[${array.name}]
driver = flasharray
fa_url = ${array.origin}
fa_api_token = ${array.apiToken}
cinder_host = ${backend.host}#${backend.pool}
ssl_ca_file = ${authority}
`;
}
