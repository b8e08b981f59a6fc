/** A disk of the workload. */
export interface WantedVolume {
  readonly name: string;
  readonly gib: number;
  /** Image whose bytes it begins with; null = blank. */
  readonly image: string | null;
  readonly isBootable: boolean;
  readonly properties: Readonly<Record<string, string>>;
  readonly imageProperties: Readonly<Record<string, string>>;
}

/** A network interface of the workload. */
export interface WantedNic {
  readonly network: NetworkName;
  readonly address: string;
  readonly mac: string;
  readonly securityGroup: SecurityGroupName;
}

/** A server of the workload; volumes in the order of their devices, the first is the root. */
export interface WantedServer {
  readonly name: string;
  readonly tier: number;
  readonly flavor: FlavorName;
  readonly description: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly userData: { readonly text: string; readonly policy: "keep" | "drop" } | null;
  readonly nics: readonly WantedNic[];
  readonly volumes: readonly WantedVolume[];
}

export const NETWORKS = { front: "10.10.0.0/24", back: "10.20.0.0/24" } as const;
export type NetworkName = keyof typeof NETWORKS;

/** Ingress rules: port, and who may come: a prefix, or the members of a group. */
export const SECURITY_GROUPS = {
  web: [
    { port: 80, from: "0.0.0.0/0" },
    { port: 443, from: "0.0.0.0/0" },
  ],
  database: [{ port: 5432, from: "web" }],
} as const;
export type SecurityGroupName = keyof typeof SECURITY_GROUPS;

/** vCPUs and RAM in MiB; no disk, since every server boots from a volume. */
export const FLAVORS = { small: { vcpus: 1, ram: 512 }, medium: { vcpus: 2, ram: 1024 } } as const;
export type FlavorName = keyof typeof FLAVORS;

export const KEY_NAME = "operations";
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl operations@example.com";

/** The name that something has at the second site: mapped, not the same. */
export function otherName(name: string): string {
  return `dr-${name}`;
}

const root = (name: string, image: string): WantedVolume => ({
  name,
  gib: 1,
  image,
  isBootable: true,
  properties: { role: "root" },
  imageProperties: { hw_disk_bus: "virtio", os_distro: "cirros" },
});

const data = (name: string, more: Partial<WantedVolume> = {}): WantedVolume => ({
  name,
  gib: 1,
  image: null,
  isBootable: false,
  properties: { role: "data", tablespace: name.slice(-1) },
  imageProperties: {},
  ...more,
});

/** Web, application and database server; the last has two data disks, the one with the later name first. */
export function threeTier(image: string): readonly WantedServer[] {
  return [
    {
      name: "web-01",
      tier: 2,
      flavor: "small",
      description: "first web server",
      properties: { tier: "web", owner: "shop team" },
      tags: ["web", "blue"],
      userData: { text: "#cloud-config\nfqdn: web-01.example.com\n", policy: "keep" },
      nics: [{ network: "front", address: "10.10.0.11", mac: "fa:16:3e:0a:00:11", securityGroup: "web" }],
      volumes: [root("web-01-root", image)],
    },
    {
      name: "app-01",
      tier: 1,
      flavor: "small",
      description: "application server",
      properties: { tier: "app" },
      tags: ["app"],
      userData: { text: "#cloud-config\nruncmd: [touch /var/once]\n", policy: "drop" },
      nics: [
        { network: "front", address: "10.10.0.21", mac: "fa:16:3e:0a:00:21", securityGroup: "web" },
        { network: "back", address: "10.20.0.21", mac: "fa:16:3e:14:00:21", securityGroup: "database" },
      ],
      volumes: [root("app-01-root", image), data("app-01-data")],
    },
    {
      name: "db-01",
      tier: 0,
      flavor: "medium",
      description: "database",
      properties: { tier: "db", backup: "nightly" },
      tags: ["db"],
      userData: null,
      nics: [{ network: "back", address: "10.20.0.31", mac: "fa:16:3e:14:00:31", securityGroup: "database" }],
      volumes: [
        root("db-01-root", image),
        data("db-01-z", { gib: 2, isBootable: true, imageProperties: { os_distro: "rescue" } }),
        data("db-01-a"),
      ],
    },
  ];
}

/** One of many small servers with one disk each. */
export function smallServer(name: string, number: number, image: string): WantedServer {
  const last = 100 + number;
  return {
    name,
    tier: 0,
    flavor: "small",
    description: `server ${name}`,
    properties: { number: String(number) },
    tags: [],
    userData: null,
    nics: [
      {
        network: "front",
        address: `10.10.0.${last}`,
        mac: `fa:16:3e:0a:01:${last.toString(16).padStart(2, "0")}`,
        securityGroup: "web",
      },
    ],
    volumes: [root(`${name}-root`, image)],
  };
}

/** The same without an image: Cinder needs minutes to copy several at once. */
export function blankServer(name: string, number: number): WantedServer {
  const server = smallServer(name, number, "");
  const volumes = server.volumes.map((volume) => ({ ...volume, image: null, imageProperties: {} }));
  return { ...server, description: name, volumes };
}
