/** Names of the two clouds. */
export const SITE_NAMES = ["site-a", "site-b"] as const;
export type SiteName = (typeof SITE_NAMES)[number];

/** Names of the two storage arrays. */
export const ARRAY_NAMES = ["array-a", "array-b"] as const;
export type ArrayName = (typeof ARRAY_NAMES)[number];

/** A storage array as Cinder is told of it. */
export interface ArrayAddress {
  readonly name: ArrayName;
  readonly address: string;
  readonly apiToken: string;
}

/** One cloud: a machine that runs all of its services, and the array that holds its volumes. */
export interface Site {
  readonly name: SiteName;
  readonly address: string;
  readonly array: ArrayAddress;
  /** The other cloud's array, which its volumes are replicated to. */
  readonly peerArray: ArrayAddress;
}

/** Both arrays; https on port 443. */
export const ARRAYS: Readonly<Record<ArrayName, ArrayAddress>> = {
  "array-a": { name: "array-a", address: "10.77.0.21", apiToken: "array-a-token" },
  "array-b": { name: "array-b", address: "10.77.0.22", apiToken: "array-b-token" },
};

/** Both clouds. */
export const SITES: Readonly<Record<SiteName, Site>> = {
  "site-a": { name: "site-a", address: "10.77.0.11", array: ARRAYS["array-a"], peerArray: ARRAYS["array-b"] },
  "site-b": { name: "site-b", address: "10.77.0.12", array: ARRAYS["array-b"], peerArray: ARRAYS["array-a"] },
};

/** Address of everything that runs beside the clouds, such as the tests. */
export const RUNNER_ADDRESS = "10.77.0.1";

/** Region of both clouds. */
export const REGION = "RegionOne";

/** Where the arrays keep the bytes of volumes, on this host and in the machines alike; see `dataFile` of the arrays. */
export const ARRAY_DATA_MOUNT = "/var/lib/protector-arrays";

/** Passwords of a laboratory that nobody reaches from outside. */
export const PASSWORDS = {
  /** Administrator `admin` of project `admin`. */
  admin: "admin-secret",
  /** User `demo`, member of project `demo`. */
  demo: "demo-secret",
  /** Service users of Keystone. */
  service: "service-secret",
  /** Users of MariaDB, one per OpenStack service. */
  database: "database-secret",
} as const;

/** Text of `/etc/hosts` in a cloud's machine; `controller` is the cloud itself. */
export function hostsOf(site: Site): string {
  return `127.0.0.1 localhost\n${site.address} ${site.name} controller\n${commonHosts()}`;
}

/** Text of `/etc/hosts` beside the clouds, where no `controller` exists. */
export function runnerHosts(): string {
  return `127.0.0.1 localhost\n${commonHosts()}`;
}

function commonHosts(): string {
  const sites = Object.values(SITES).map(({ name, address }) => `${address} ${name}-controller`);
  const arrays = Object.values(ARRAYS).map(({ name, address }) => `${address} ${name}`);
  return `${[...sites, ...arrays, `${RUNNER_ADDRESS} runner`].join("\n")}\n`;
}
